// The files of a built model have one build id.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { compileModule } from "dlc/compiler";
import { afterAll, expect, test } from "vitest";
import { buildArtefact, type ArtefactOptions } from "../../cli/build/artefact.ts";
import { createResolver } from "../../cli/host/resolver.ts";
import { writeWhole } from "../../cli/host/files.ts";
import { createSession, readSafetensors, type AnyModel, type LoadOptions, type ModelOf } from "../../runtime/index.ts";

const root = mkdtempSync(join(tmpdir(), "dlc-mixed-"));
afterAll(() => rmSync(root, { recursive: true }));

const text =
  "dl 1\n\nmodel M(x: f32[2, 3]) -> f32[2, 3] = x |> dense(4) |> relu |> dense(3)\n\nentry p(x: f32[2, 3]) {\n  { y: M(x) }\n}\n";
const texts = { a: text, larger: text.replace("dense(4)", "dense(8)"), tanh: text.replace("relu", "tanh") };

async function build(
  name: string,
  source: string,
  options: Partial<ArtefactOptions> = {},
  path = "m.dl",
  seed = 0,
): Promise<string> {
  const { target = "wasm" } = options;
  const module = compileModule({ name: path, text: source }, { resolve: createResolver(null), target });
  const folder = join(root, `${name}-${target}`);
  const weights = await createSession(module.plan, await module.code(), { seed });
  const { files } = await buildArtefact(module, { mode: "fast", weights, ...options, target });
  for (const [file, data] of files) writeWhole(join(folder, file), data);
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

type Load = (options?: LoadOptions) => Promise<ModelOf<AnyModel>>;

const load = async (folder: string, options?: LoadOptions): Promise<ModelOf<AnyModel>> => {
  const module = (await import(pathToFileURL(join(folder, "module.mjs")).href)) as { readonly load: Load };
  return module.load(options);
};

test("files of two builds are refused, and the file is named", async () => {
  const a = await build("a", texts.a);
  for (const name of ["larger", "tanh"] as const) {
    const other = await build(name, texts[name]);
    const wrong = (files: RegExp, says: RegExp): Promise<void> =>
      expect(load(mixed(other, a, files))).rejects.toMatchObject({
        code: "E0802",
        says: expect.stringMatching(says) as unknown,
      });
    await expect(load(other)).resolves.toBeDefined();
    await wrong(/\.wasm/, /module\.mjs and the code are of different builds/);
    await wrong(/module\.mjs/, /module\.mjs and the (code|weights) are of different builds/);
    await wrong(/weights/, /module\.mjs and the weights are of different builds/);
  }
});

test("JavaScript is part of its module: only the weights can be of another build", async () => {
  const a = await build("a", texts.a, { target: "js" });
  const tanh = await build("tanh", texts.tanh, { target: "js" });
  expect(readdirSync(a).toSorted()).toEqual(["module.d.mts", "module.d.ts", "module.mjs", "weights.safetensors"]);
  await expect(load(mixed(tanh, a, /weights/))).rejects.toMatchObject({ code: "E0802" });
});

const page = "<!DOCTYPE html>\n<html><body>Not found</body></html>\n";

test.each([
  ["module.wasm", () => page, "E0806", /module\.(strict\.)?wasm: it is an HTML page/],
  ["module.wasm", (bytes) => bytes.subarray(0, -40), "E0802", /CompileError/],
  ["module.wasm", () => "", "E0802", /CompileError/],
  ["module.wasm", null, "E0806", /module\.(strict\.)?wasm: ENOENT/],
  ["weights.safetensors", () => page, "E0806", /weights\.safetensors: it is an HTML page/],
  ["weights.safetensors", (bytes) => bytes.subarray(0, 7), "E0820", /not a safetensors file/],
  ["weights.safetensors", (bytes) => bytes.subarray(0, 90), "E0820", /not a safetensors file/],
  ["weights.safetensors", (bytes) => bytes.subarray(0, -4), "E0821", /`M\./],
  ["weights.safetensors", (bytes) => bytes.fill(0xff, 8, 20), "E0820", /not a safetensors file/],
  ["weights.safetensors", null, "E0806", /weights\.safetensors: ENOENT/],
] as readonly (readonly [string, ((bytes: Buffer) => Buffer | string) | null, string, RegExp])[])(
  "a damaged %s is not taken for that of another build: %s",
  async (file, damage, code, says) => {
    const folder = mixed(await build("damaged", texts.a), root, /^$/);
    const files = file === "module.wasm" ? ["module.wasm", "module.strict.wasm"] : [file];
    for (const name of files)
      if (damage === null) rmSync(join(folder, name));
      else writeFileSync(join(folder, name), damage(readFileSync(join(folder, name))));
    await expect(load(folder)).rejects.toMatchObject({
      name: "DlcError",
      code,
      says: expect.stringMatching(says) as unknown,
    });
  },
);

test("the build id follows from the contents alone", async () => {
  const idOf = (folder: string): unknown =>
    readSafetensors(readFileSync(join(folder, "weights.safetensors"))).metadata.get("build");
  const first = await build("first", texts.a);
  const again = await build("again", texts.a, {}, "/some/where/else/m.dl");
  for (const file of readdirSync(first))
    expect(readFileSync(join(again, file)), file).toEqual(readFileSync(join(first, file)));
  const trained = await build("trained", texts.a, {}, "m.dl", 7);
  expect(idOf(trained)).not.toBe(idOf(first));
  expect(readFileSync(join(first, "module.mjs"), "utf8")).toContain(`id:"${String(idOf(first))}"`);
  expect(WebAssembly.validate(readFileSync(join(first, "module.wasm")))).toBe(true);
});

test("weights that were saved by hand replace those of the build", async () => {
  const folder = await build("replaced", texts.a, { full: true });
  const compiled = compileModule({ name: "m.dl", text: texts.a }, { resolve: createResolver(null) });
  const own = (await createSession(compiled.plan, await compiled.code(), { seed: 9 })).save();
  const before = (await load(folder)).save();
  expect(own).not.toEqual(before);
  expect((await load(folder, { weights: own })).save()).toEqual(own);
  writeFileSync(join(folder, "weights.safetensors"), own);
  expect((await load(folder)).save()).toEqual(own);
});

test("parts of a built model are restored, reset, saved and loaded as those of a compiled one", async () => {
  const module = compileModule({ name: "m.dl", text: texts.a }, { resolve: createResolver(null), target: "js" });
  const folder = join(root, "parts");
  for (const full of [false, true]) {
    const { files } = await buildArtefact(module, { target: "js", mode: "fast", full, inline: true });
    for (const [file, data] of files) writeWhole(join(`${folder}-${String(full)}`, file), data);
  }
  const lean = await load(`${folder}-false`);
  expect(() => lean.save()).toThrow(/E0809.*no `save`[^]*build with --full/);
  lean.reset({ seed: 9, only: "M.dense1.*" });
  const model = await load(`${folder}-true`);
  const valueOf = (path: string): unknown => model.state.get(path)?.data.slice();
  const [w, b] = ["M.dense1.w", "M.dense2.w"];
  const built = { snapshot: model.snapshot(), w: valueOf(w), b: valueOf(b) };
  model.reset({ seed: 9, only: "M.dense1.*" });
  expect(valueOf(w)).not.toEqual(built.w);
  expect(valueOf(b)).toEqual(built.b);
  expect(lean.state.get(w)?.data).toEqual(valueOf(w));
  expect(lean.state.get(b)?.data).toEqual(valueOf(b));
  const [saved, own] = [model.save(), valueOf(w)];
  model.restore(built.snapshot, { only: ["M.dense1.w"] });
  expect(valueOf(w)).toEqual(built.w);
  expect(model.load(saved, { only: "M.dense1.*" }).loaded.toSorted()).toEqual(["M.dense1.b", "M.dense1.w"]);
  expect([valueOf(w), valueOf(b)]).toEqual([own, built.b]);
  expect(() => model.restore(built.snapshot, { only: "M.dense9.w" })).toThrow("matches no tensor of the model");
  expect(() => model.restore(built.snapshot.slice(1))).toThrow(/snapshot/);
  expect(valueOf(w)).toEqual(own);
});
