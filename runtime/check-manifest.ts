import { isObject } from "./door.ts";
import { dtypes } from "./dtype.ts";
import { reject } from "./error.ts";
import { byteLength, count } from "./tensor.ts";
import type { InputSlot, Manifest, Plan, Slot } from "./plan.ts";

/** Accepts a value of its kind; rejects any other with its path, such as `plan.entries[2].call`. */
type Check = (value: unknown, at: string) => void;

const damaged = (at: string, says: string): never =>
  reject("E0806", `invalid manifest: ${at.slice(0, 200)} ${says}`, "build the model again");

const when =
  (is: (value: unknown) => boolean, says: string): Check =>
  (value, at) => {
    if (!is(value)) damaged(at, says);
  };

const text = when((value) => typeof value === "string", "is not a string");
const flag = when((value) => typeof value === "boolean", "is not a boolean");
const number = when((value) => typeof value === "number", "is not a number");
const size = when((value) => Number.isSafeInteger(value) && (value as number) >= 0, "is not a size");
const integer = when((value) => Number.isSafeInteger(value), "is not an integer");
/** The name of a file beside the manifest, without any path. */
const fileName = when((value) => typeof value === "string" && /^\w[\w.-]{0,99}$/.test(value), "is not a file name");
const base64 = when(
  (value) => typeof value === "string" && value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value),
  "is not base64",
);
const oneOf = (...words: readonly unknown[]): Check =>
  when((value) => words.includes(value), `is not one of ${words.join(", ")}`);
const orNull =
  (check: Check): Check =>
  (value, at) =>
    value === null || check(value, at);
const orAbsent =
  (check: Check): Check =>
  (value, at) =>
    value === undefined || check(value, at);

const object =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value, at) => {
    if (!isObject(value)) return damaged(at, "is not an object");
    for (const [name, check] of Object.entries(fields))
      check(Object.hasOwn(value, name) ? value[name] : undefined, at === "" ? name : `${at}.${name}`);
  };
const mapOf =
  (check: Check): Check =>
  (value, at) =>
    isObject(value)
      ? Object.entries(value).forEach(([name, item]) => check(item, `${at}.${name}`))
      : damaged(at, "is not an object");
const listOf =
  (check: Check): Check =>
  (value, at) =>
    Array.isArray(value) ? value.forEach((item, i) => check(item, `${at}[${i}]`)) : damaged(at, "is not a list");

const slot = { dtype: oneOf(...Object.keys(dtypes)), shape: listOf(size), offset: size };
const indices = object({
  allowed: listOf(listOf(integer)),
  start: size,
  counts: listOf(size),
  strides: listOf(size),
});
const address: Check = (value, at) =>
  typeof value === "number" ? size(value, at) : object({ offset: size, strides: listOf(integer) })(value, at);

const maxDepth = 100;

const stepsAt =
  (depth: number): Check =>
  (value, at) => {
    if (depth > maxDepth) damaged(at, "is nested too deeply");
    const steps = stepsAt(depth + 1);
    const kinds = new Map<unknown, Check>([
      ["call", object({ kernel: text, args: listOf(address), flops: number, bytes: number })],
      ["loop", object({ turns: size, body: steps })],
      ["while", object({ flag: address, condition: steps, body: steps })],
      ["branch", object({ flag: address, then: steps, otherwise: steps })],
    ]);
    listOf(
      (step, place) =>
        (isObject(step) ? kinds.get(step["kind"]) : undefined)?.(step, place) ??
        object({ kind: oneOf(...kinds.keys()) })(step, place),
    )(value, at);
  };
const steps = stepsAt(0);

const named = { name: text, axes: orAbsent(listOf(orNull(text))) };

const entry = object({
  ...{
    name: text,
    kind: orAbsent(oneOf("train", "draw")),
    dims: mapOf(size),
    structures: orAbsent(mapOf(text)),
    inputs: listOf(
      object({
        ...{ ...slot, ...named, at: orAbsent(text) },
        ...{ indices: orAbsent(listOf(indices)) },
      }),
    ),
    outputs: listOf(object({ ...slot, ...named })),
  },
  ...{
    call: text,
    prepare: orNull(text),
    outdates: flag,
    steps,
    prepareSteps: steps,
    scratchBytes: size,
    liveBytes: size,
  },
});
const setting = object({
  name: text,
  path: text,
  default: number,
  low: orNull(number),
  high: orNull(number),
  scale: oneOf("linear", "log"),
});
const plan = object({
  ...{
    model: text,
    arenaBytes: size,
    persistent: listOf(
      object({
        ...{ ...slot, kind: oneOf("param", "state"), path: text },
        role: orAbsent(oneOf("optimizer", "setting", "random")),
      }),
    ),
  },
  ...{
    constants: listOf(object({ offset: size, base64 })),
    entries: listOf(entry),
    profiled: listOf(text),
    settings: orAbsent(listOf(setting)),
  },
});
const code: Check = (value, at) =>
  isObject(value) && value["kind"] === "js"
    ? object({ module: fileName })(value, at)
    : object({ kind: oneOf("wasm", "js"), relaxed: orNull(fileName), strict: fileName })(value, at);

/**
 * Reads `manifest.json` without trusting it. Throws E0802 for another version, E0806 for invalid contents; the message
 * says where.
 */
export function readManifest(file: Uint8Array): Manifest {
  const manifest = parsed(file);
  if (!isObject(manifest)) return damaged("it", "is not an object");
  if (manifest["format"] !== "dlc-model-1")
    reject(
      "E0802",
      `this module reads the format dlc-model-1, but the manifest has ${String(JSON.stringify(manifest["format"])).slice(0, 100)}`,
      "build the model again",
    );
  object({ build: text, code, weights: fileName, plan })(manifest, "");
  const known = manifest as unknown as Manifest;
  checkPlaces(known.plan);
  return known;
}

/**
 * A short text can describe a large value, so its size in memory is estimated from its brackets and commas before it is
 * parsed.
 */
function parsed(file: Uint8Array): unknown {
  if (file[0] === 0x3c) damaged("it", "is an HTML page; the file is not there");
  let needs = 0;
  for (const byte of file) needs += byte === 0x5b || byte === 0x7b ? 56 : byte === 0x2c ? 16 : 0;
  if (needs > 4 * file.length + 2 ** 24) return damaged("it", "contains too many lists for its length");
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(file));
  } catch {
    return damaged("it", "is not valid JSON in UTF-8");
  }
}

/** Checks that every tensor is within the arena and aligned, and that names are unique. */
function checkPlaces({ arenaBytes, persistent, entries, constants }: Plan): void {
  const inside = (offset: number, bytes: number, what: string): unknown =>
    offset + bytes <= arenaBytes || damaged(what, "is outside the arena");
  const placed = (part: Slot, what: string): void => {
    if (part.offset % dtypes[part.dtype].bytes !== 0) damaged(what, "is not aligned");
    inside(part.offset, byteLength(part), what);
  };
  for (const part of persistent) placed(part, part.path);
  for (const { name, inputs, outputs } of entries)
    for (const part of [...inputs, ...outputs]) {
      placed(part, `${part.name} of ${name}`);
      for (const { start, counts, strides } of (part as InputSlot).indices ?? []) {
        const last = counts.reduce((at, n, i) => at + (n - 1) * (strides[i] ?? Infinity), start);
        if (last >= count(part.shape)) damaged(part.name, "has indices outside of it");
      }
    }
  for (const { offset, base64: data } of constants)
    inside(offset, (data.length / 4) * 3 - (data.endsWith("==") ? 2 : data.endsWith("=") ? 1 : 0), "a constant");
  if (new Set(persistent.map(({ path }) => path)).size < persistent.length)
    damaged("it", "has two tensors with the same path");
}
