// Names that every object of JavaScript has, and that promises look for.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { compileModule } from "dlc/compiler";
import { afterAll, expect, test } from "vitest";
import { buildArtefact } from "../../cli/build/artefact.ts";
import { createResolver } from "../../cli/host/resolver.ts";
import type { AnyModel, LoadOptions, ModelOf } from "../../runtime/index.ts";

const root = mkdtempSync(join(tmpdir(), "dlc-names-"));
afterAll(() => rmSync(root, { recursive: true }));

const text = `dl 1

model constructor(x: f32[__proto__, 3]) -> f32[__proto__, 3] = x |> dense(4) |> relu |> dense(3)

entry then(shape: f32[__proto__, 3], data: i32[2], length: bool[1], toString: u8[2], name: f32[]) {
  { then: constructor(shape), __proto__: name * 2.0, constructor: data * 2, toString, length }
}

entry __proto__(x: f32[__proto__, 3]) { x: constructor(x) + 1.0 }
`;

test.each(["wasm", "js"] as const)("entries, inputs, outputs and dims have any name: %s", async (target) => {
  const variants = [{ ["__proto__"]: 1 }, { ["__proto__"]: 2 }];
  const module = compileModule({ name: "m.dl", text }, { resolve: createResolver(null), target, variants });
  const { files } = await buildArtefact(module, { target, mode: "strict", inline: true });
  const path = join(root, `${target}.mjs`);
  writeFileSync(path, files.get("module.mjs") ?? "");
  const built = (await import(pathToFileURL(path).href)) as {
    readonly load: (options?: LoadOptions) => Promise<ModelOf<AnyModel>>;
  };
  const model = await built.load();
  const given = { data: [1, 2], length: [true], toString: [3, 4], name: 5 };
  const outputs = model.run("then", { shape: new Float32Array(6), ...given }, { dims: { ["__proto__"]: 2 } });
  expect(Object.entries(outputs).map(([name, { data }]) => [name, [...data]])).toEqual([
    ["then", [0, 0, 0, 0, 0, 0]],
    ["__proto__", [10]],
    ["constructor", [2, 4]],
    ["toString", [3, 4]],
    ["length", [1]],
  ]);
  expect([...(model.run("__proto__", { x: [[0, 0, 0]] })["x"]?.data ?? [])]).toEqual([1, 1, 1]);
  expect([...model.entries.keys()]).toEqual(["then", "__proto__"]);
  expect(model.entries.get("then")?.variants.map(({ dims }) => Object.entries(dims))).toEqual([
    [["__proto__", 1]],
    [["__proto__", 2]],
  ]);
});
