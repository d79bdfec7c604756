// The types of a built model, as the compiler of TypeScript sees them.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileModule } from "dlc/compiler";
import { afterAll, expect, test } from "vitest";
import { buildArtefact } from "../../cli/build/artefact.ts";
import { createResolver } from "../../cli/host/resolver.ts";

const folder = mkdtempSync(join(tmpdir(), "dlc-types-"));
afterAll(() => rmSync(folder, { recursive: true }));

const text = `dl 1

setting lr: f32 = 1e-2 in log(1e-5, 1)

model M(x: f32[N, 4]) -> f32[N, 3] = x |> dense(3)

entry predict(x: f32[N, 4]) { logits: M(x) }

train entry step(x: f32[N, 4], label: i32[N]) {
  let loss = mean(cross_entropy(M(x), label))
  minimize loss over M with sgd(lr: lr)
  { loss }
}

entry set(w: M) { M <- w }

entry constant() { two: 2.0 }
`;

const use = `import { load, DlcError, type Model, type Types } from "./module.mjs";

const model: Model = await load({ mode: "strict", onProgress: ({ loaded, total }) => console.log(loaded / total) });
const x = new Float32Array(8);
const label = new Int32Array(2);

model.set("lr", 0.1);
model.set({ lr: 0.1 });
// @ts-expect-error the setting does not exist
model.set("rate", 0.1);
// @ts-expect-error neither does this one
model.set({ rate: 0.1 });

const bound = model.bind("step", { x, label });
const loss: Float32Array = bound.run().loss.data;
// @ts-expect-error an input is missing
model.run("step", { x });
// @ts-expect-error an array of another dtype
model.run("step", { x: new Float64Array(8), label });
// @ts-expect-error the entry does not exist
model.run("stepp", { x, label });
// @ts-expect-error no variant has these dims
model.run("step", { x, label }, { dims: { M: 3 } });
// @ts-expect-error no variant has this size
model.run("step", { x, label }, { dims: { N: 3 } });
model.run("step", { x, label }, { dims: { N: 2 } });
model.run("step", { x: [[1, 2, 3, 4], [5, 6, 7, 8]], label: [0, 1] });

const { logits } = model.run("predict", { x }, { view: true });
const shape: readonly [2, 3] | readonly [1, 3] = logits.shape;
// @ts-expect-error no variant has this shape
const other: readonly [4, 3] = logits.shape;

const weights: readonly [4, 3] = model.state.get("M.dense1.w").shape;
// @ts-expect-error the path does not exist
model.state.get("M.dense1.nope");
for (const [path, { kind }] of model.state) console.log(path.length, kind === "param");

model.run("constant");
model.run("constant", {}, { dims: {} });
model.run("set", { w: model.state });
model.run("set", { w: { "dense1.w": new Float32Array(12), "dense1.b": [0, 0, 0] } });
// @ts-expect-error the structure lacks a part
model.run("set", { w: { "dense1.w": new Float32Array(12) } });

const file: Uint8Array = model.save({ only: "param" });
const { loaded } = model.load(file);
// @ts-expect-error a lean build loads whole files
model.load(file, { partial: true });
model.restore(model.snapshot(), { only: "M.*" });
model.reset({ seed: 3 });
const size: Types["entries"]["predict"]["dims"]["N"] = 1;

export { DlcError, loss, shape, other, weights, loaded, size };
`;

test("calls that are right compile, and those that are wrong do not", async () => {
  const module = compileModule(
    { name: "m.dl", text },
    { resolve: createResolver(null), variants: [{ N: 1 }, { N: 2 }] },
  );
  const { files } = await buildArtefact(module, { target: "wasm", mode: "strict" });
  for (const [name, data] of files) writeFileSync(join(folder, name), data);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "use.ts"), use);
  const tsc = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
  const flags = ["--strict", "--noEmit", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess"];
  const { stdout } = spawnSync(
    process.execPath,
    [tsc, ...flags, "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom", "use.ts"],
    { cwd: folder, encoding: "utf8" },
  );
  expect(stdout).toBe("");
});
