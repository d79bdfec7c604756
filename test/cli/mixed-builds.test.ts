// The files of a built model have one build id.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { compileModule } from "dlc/compiler";
import { afterAll, expect, test } from "vitest";
import { builtFiles } from "../../cli/build/files.ts";
import { createResolver } from "../../cli/host/resolver.ts";
import { writeWhole } from "../../cli/host/files.ts";
import { createSession, loadBuilt, readSafetensors, type LoadOptions, type Session } from "../../runtime/index.ts";

const root = mkdtempSync(join(tmpdir(), "dlc-mixed-"));
afterAll(() => rmSync(root, { recursive: true }));

const text =
  "dl 1\n\nmodel M(x: f32[2, 3]) -> f32[2, 3] = x |> dense(4) |> relu |> dense(3)\n\nentry p(x: f32[2, 3]) {\n  { y: M(x) }\n}\n";
const texts = { a: text, larger: text.replace("dense(4)", "dense(8)"), tanh: text.replace("relu", "tanh") };

async function build(name: string, source: string, target: "wasm" | "js", path = "m.dl", seed = 0): Promise<string> {
  const module = compileModule({ name: path, text: source }, { resolve: createResolver(null) });
  const folder = join(root, `${name}-${target}`);
  const session = await createSession(module.plan, await module.code(), { seed });
  for (const [file, data] of builtFiles(module, session, target, "fast")) writeWhole(join(folder, file), data);
  return folder;
}

let copies = 0;
/** A copy of one build in which some files are those of another. */
function mixed(of: string, other: string, files: RegExp): string {
  const folder = join(root, `mixed-${copies++}`);
  cpSync(of, folder, { recursive: true });
  for (const file of readdirSync(other).filter((name) => files.test(name)))
    cpSync(join(other, file), join(folder, file));
  return folder;
}

const load = async (folder: string, options?: LoadOptions): Promise<Session> => {
  const module = (await import(pathToFileURL(join(folder, "module.mjs")).href)) as {
    readonly load: (options?: LoadOptions) => Promise<Session>;
  };
  return module.load(options);
};

test.each(["wasm", "js"] as const)("files of two builds are refused, and both are named: %s", async (target) => {
  const code = target === "js" ? /kernels\.mjs/ : /\.wasm/;
  const a = await build("a", texts.a, target);
  for (const name of ["larger", "tanh"] as const) {
    const other = await build(name, texts[name], target);
    const wrong = (files: RegExp, says: RegExp): Promise<void> =>
      expect(load(mixed(other, a, files))).rejects.toMatchObject({
        code: "E0802",
        says: expect.stringMatching(says) as unknown,
      });
    await expect(load(other)).resolves.toBeDefined();
    await wrong(code, new RegExp(`module\\.mjs, manifest\\.json and .*${code.source}`));
    await wrong(/manifest\.json/, /module\.mjs, manifest\.json/);
    await wrong(/module\.mjs/, /module\.mjs, manifest\.json/);
    await wrong(/weights/, /manifest\.json and weights\.safetensors/);
    await expect(loadBuilt(`${pathToFileURL(mixed(other, a, code)).href}/`)).rejects.toMatchObject({ code: "E0802" });
  }
});

const page = "<!DOCTYPE html>\n<html><body>Not found</body></html>\n";

test.each([
  ["manifest.json", "wasm", () => page, /manifest\.json: it is an HTML page/],
  ["manifest.json", "wasm", (bytes) => bytes.subarray(0, 200), /manifest\.json: .*JSON/],
  ["manifest.json", "wasm", () => '{"format": dlc}', /manifest\.json: .*JSON/],
  ["manifest.json", "wasm", () => "", /manifest\.json: .*JSON/],
  ["module.wasm", "wasm", () => page, /module\.wasm: it is an HTML page/],
  ["module.wasm", "wasm", (bytes) => bytes.subarray(0, -40), /module\.wasm: it is cut off/],
  ["module.wasm", "wasm", () => "", /module\.wasm: it is cut off/],
  ["kernels.mjs", "js", () => page, /kernels\.mjs: it is an HTML page|kernels\.mjs: SyntaxError/],
  ["kernels.mjs", "js", (bytes) => bytes.subarray(0, -60), /kernels\.mjs: (?:SyntaxError|it is cut off)/],
  ["weights.safetensors", "wasm", () => page, /weights\.safetensors: it is an HTML page/],
] as readonly (readonly [string, "wasm" | "js", (bytes: Buffer) => Buffer | string, RegExp])[])(
  "a damaged %s (%s) is not taken for that of another build: %s",
  async (file, target, damage, says) => {
    const folder = mixed(await build("damaged", texts.a, target), root, /^$/);
    const files = file === "module.wasm" ? ["module.wasm", "module.strict.wasm"] : [file];
    for (const name of files) writeFileSync(join(folder, name), damage(readFileSync(join(folder, name))));
    await expect(load(folder)).rejects.toMatchObject({
      code: "E0806",
      says: expect.stringMatching(says) as unknown,
    });
    const base = `${pathToFileURL(folder).href}/`;
    if (target === "wasm") await expect(loadBuilt(base)).rejects.toMatchObject({ code: "E0806" });
  },
);

test("the build id follows from the contents alone", async () => {
  const idOf = (folder: string): unknown =>
    (JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as { readonly build: unknown }).build;
  const first = await build("first", texts.a, "wasm");
  const again = await build("again", texts.a, "wasm", "/some/where/else/m.dl");
  for (const file of readdirSync(first))
    expect(readFileSync(join(again, file)), file).toEqual(readFileSync(join(first, file)));
  const trained = await build("trained", texts.a, "wasm", "m.dl", 7);
  expect(idOf(trained)).not.toBe(idOf(first));
  expect(readSafetensors(readFileSync(join(first, "weights.safetensors"))).metadata.get("build")).toBe(idOf(first));
  expect(WebAssembly.validate(readFileSync(join(first, "module.wasm")))).toBe(true);
});

test("weights that were saved by hand replace those of the build; snapshots are not concerned", async () => {
  const folder = await build("replaced", texts.a, "wasm");
  const model = await load(folder);
  const before = model.snapshot();
  model.reset(9);
  const own = model.save();
  writeFileSync(join(folder, "weights.safetensors"), own);
  expect((await load(folder)).save()).toEqual(own);
  const other = await load(await build("trained", texts.a, "wasm", "m.dl", 7));
  other.restore(before);
  expect(other.snapshot()).toEqual(before);
});

test("parts of a built model are restored, reset, saved and loaded as those of a compiled one", async () => {
  const folder = await build("parts", texts.a, "js");
  for (const open of [load, (at: string) => loadBuilt(`${pathToFileURL(at).href}/`)]) {
    const model = await open(folder);
    const valueOf = (path: string): unknown => model.state.get(path)?.data.slice();
    const [w, b] = ["M.dense1.w", "M.dense2.w"];
    const built = { snapshot: model.snapshot(), w: valueOf(w), b: valueOf(b) };
    model.reset({ seed: 9, only: "M.dense1.*" });
    expect(valueOf(w)).not.toEqual(built.w);
    expect(valueOf(b)).toEqual(built.b);
    const [saved, own] = [model.save(), valueOf(w)];
    model.restore(built.snapshot, { only: ["M.dense1.w"] });
    expect(valueOf(w)).toEqual(built.w);
    expect(model.load(saved, { only: "M.dense1.*" }).loaded.toSorted()).toEqual(["M.dense1.b", "M.dense1.w"]);
    expect([valueOf(w), valueOf(b)]).toEqual([own, built.b]);
    expect(() => model.restore(built.snapshot, { only: "M.dense9.w" })).toThrow("did you mean");
    expect(() => model.restore(built.snapshot.slice(1))).toThrow(/snapshot/);
    expect(valueOf(w)).toEqual(own);
  }
});
