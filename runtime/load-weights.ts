import { aBoolean, aPattern, checkOptions, oneOfTexts, showValue } from "./door.ts";
import { isObject } from "./kinds.ts";
import { reject, list } from "./error.ts";
import type { LoadReport, WeightsOptions } from "./model.ts";
import { starsOf } from "./pattern.ts";
import { readSafetensors } from "./safetensors.ts";
import type { StoredTensor } from "./write-safetensors.ts";
import { sameShape, showType } from "./tensor.ts";
import type { Persistent, SessionPlan } from "./session-plan.ts";
import { slotBytes } from "./slots.ts";

const isText = (value: unknown): boolean => typeof value === "string";

/** Checks the whole file against the model before it writes anything. */
export function loadWeights(
  plan: SessionPlan,
  buffer: ArrayBufferLike,
  file: Uint8Array,
  given: WeightsOptions,
): LoadReport {
  const options = checkOptions(given, "load", {
    need: oneOfTexts("all", "model", "params"),
    partial: aBoolean,
    only: aPattern,
    settings: aBoolean,
    random: aBoolean,
    rename: [
      "an object of names or a function",
      (value) => typeof value === "function" || (isObject(value) && Object.values(value).every(isText)),
    ],
  });
  const { need = "model", partial = false, only = "*", rename = {} } = options;
  const { settings = need === "all", random = need === "all" } = options;
  const problems: string[] = [];
  const unused = (option: string, patterns: readonly string[], names: readonly string[], where: string): void => {
    const idle = patterns.filter((pattern) => !names.some((name) => starsOf(pattern, name)));
    if (idle.length > 0) problems.push(`\`${option}\` matches no tensor of the ${where}: ${list(idle)}`);
  };
  const stored = readSafetensors(file).tensors;
  const tensors = new Map([...stored].map(([name, tensor]) => [renamed(name, rename), tensor]));
  const names = [...tensors.keys()];
  if (names.length < stored.size) problems.push("`rename` gives two tensors of the file the same name");
  if (typeof rename === "object") unused("rename", Object.keys(rename), [...stored.keys()], "file");
  const paths = plan.persistent.map(({ path }) => path);
  const patterns = [only].flat();
  if (options.only !== undefined) unused("only", patterns, paths, "model");

  const isOther = ({ role }: Persistent): boolean => role !== undefined;
  // The host sets settings and seeds a session, so files change them only if it asks for that.
  const isAsked = ({ role }: Persistent): boolean => (role === "setting" ? settings : role !== "random" || random);
  const isNeeded = (slot: Persistent): boolean =>
    slot.kind === "param" || (isOther(slot) ? need === "all" || slot.role !== "optimizer" : need !== "params");
  const missing: string[] = [];
  const skipped: { readonly name: string; readonly reason: string }[] = [];
  const chosen = plan.persistent.filter(({ path }) => patterns.some((pattern) => starsOf(pattern, path)));
  // `only: "rng.*"` asks for the random state.
  const byName = options.only !== undefined && !chosen.some(isAsked);
  const isWanted = (slot: Persistent): boolean => byName || isAsked(slot);
  const loaded = chosen.filter((slot) => {
    const { path, role, dtype, shape } = slot;
    const found = tensors.get(path);
    if (found === undefined) {
      if (!partial && isAsked(slot) && isNeeded(slot)) missing.push(path);
      if (isWanted(slot)) skipped.push({ name: path, reason: "not in the file" });
    } else if (!isWanted(slot))
      skipped.push({ name: path, reason: `\`${role === "setting" ? "settings" : "random"}: true\` loads it` });
    else if (dtype !== found.dtype || !sameShape(shape, found.shape)) {
      const reason = `${showType(slot)} in the model and ${showType(found)} in the file`;
      if (!partial) problems.push(`\`${path}\` is ${reason}`);
      skipped.push({ name: path, reason });
    } else if (dtype === "bool" && found.bytes.some((byte) => byte > 1))
      problems.push(`\`${path}\` contains a byte that is not a bool`);
    else return true;
    return false;
  });
  const unknown = options.only === undefined ? names.filter((name) => !paths.includes(name)) : [];
  for (const name of unknown) skipped.push({ name, reason: "not in the model" });
  if (missing.length > 0) problems.push(`missing from the file: ${list(missing)}`);
  if (unknown.length > 0 && (need === "all" || missing.length > 0))
    problems.push(`unknown to the model: ${list(unknown)}`);
  // The counter of an optimizer is in every file, and says nothing about the model.
  if (
    problems.length === 0 &&
    loaded.every(isOther) &&
    (loaded.length === 0 ? unknown.length > 0 || chosen.some(isWanted) : !chosen.every(isOther))
  )
    problems.push(`nothing fits: the file has ${list(names)}; the model has ${list(paths)}`);
  if (problems.length > 0)
    reject(
      "E0821",
      `the weights do not match the model: ${list(problems, 6)}`,
      partial ? undefined : "`partial: true` loads what fits and reports the rest; `rename` maps names",
    );
  for (const slot of loaded) slotBytes(buffer, slot).set((tensors.get(slot.path) as StoredTensor).bytes);
  return { loaded: loaded.map(({ path }) => path), skipped };
}

function renamed(name: string, rename: Required<WeightsOptions>["rename"]): string {
  if (typeof rename === "function") {
    const to: unknown = rename(name) ?? name;
    return typeof to === "string" ? to : showValue(to);
  }
  for (const [from, to] of Object.entries(rename)) {
    const stars = starsOf(from, name);
    if (stars) return to.split("*").reduce((text, part, i) => `${text}${stars[i - 1] ?? ""}${part}`);
  }
  return name;
}
