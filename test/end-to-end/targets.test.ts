import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { createResolver } from "../../cli/host/resolver.ts";
import { entryOf } from "../../compiler/compile.ts";
import { compileModule, type CompiledModule, type Target } from "../../compiler/index.ts";
import { topological } from "../../compiler/graph/rebuild.ts";
import { bufferSize, evaluateKernel } from "../../compiler/kernel/evaluate.ts";
import { parseKernels } from "../../compiler/kernel/parse.ts";
import { printKernels } from "../../compiler/kernel/print.ts";
import { present } from "../../compiler/support/invariant.ts";
import { dtypes } from "../../runtime/dtype.ts";
import { addressAt } from "../../runtime/address.ts";
import { callsOf, type Code } from "../../runtime/plan.ts";
import { createSession, type Session } from "../../runtime/session.ts";
import { compileExample, digits, examples, sourceOf } from "./examples.ts";

const session = async (module: CompiledModule, target: Target, mode: "fast" | "strict"): Promise<Session> =>
  createSession(module.plan, await module.code(target), { seed: 3, mode });

function train(model: Session, steps: number, batch: number): number[] {
  return Array.from({ length: steps }, (_, i) => Number(model.run("step", digits(batch, i + 1))["loss"]?.data[0]));
}

test("strict WebAssembly and JavaScript have the same bits after 20 steps of LeNet", async () => {
  const module = compileExample("examples/mnist/lenet.dl", { dims: { N: 2 }, mode: "strict" });
  const [wasm, js] = [await session(module, "wasm", "strict"), await session(module, "js", "strict")];
  expect(train(js, 20, 2)).toEqual(train(wasm, 20, 2));
  expect(js.snapshot()).toEqual(wasm.snapshot());
});

test.each([
  ["examples/mnist/lenet.dl", { N: 64 }],
  ["examples/transformer-encoder.dl", { N: 1, T: 64 }],
] as const)("JavaScript is at most 3 times as large as WebAssembly, compressed: %s", (path, dims) => {
  const module = compileExample(path, { dims, mode: "strict" });
  const [js, wasm] = [gzipSync(module.js().text).length, gzipSync(module.wasm("strict").bytes).length];
  expect(js / wasm).toBeLessThan(3);
});

function close(a: ArrayLike<number>, b: ArrayLike<number>): void {
  const error = Array.from(a).reduce(
    (most, x, i) => Math.max(most, Math.abs(x - (b[i] ?? NaN)) / Math.max(1, Math.abs(x))),
    0,
  );
  expect(error).toBeLessThanOrEqual(1e-4);
}

/** The kernels, printed and parsed back, run by the kernel interpreter. */
function interpreted(module: CompiledModule): Code {
  const kernels = parseKernels({ name: "kernels.kir", text: printKernels(module.assembly.kernels) });
  const byName = new Map(kernels.map((kernel) => [kernel.name, kernel]));
  return {
    kind: "js",
    instantiate: ({ buffer }) =>
      Object.fromEntries(
        module.assembly.entries.map(({ name, steps }) => [
          name,
          () => {
            for (const call of callsOf(steps)) {
              const kernel = present(byName.get(call.kernel), call.kernel);
              const views = kernel.buffers.map(
                (b, i) =>
                  [
                    b.name,
                    new dtypes[b.element].array(
                      buffer as ArrayBuffer,
                      addressAt(call.args[i] ?? 0, []),
                      bufferSize(kernel, b, call.scalars ?? []),
                    ),
                  ] as const,
              );
              evaluateKernel(kernel, Object.fromEntries(views), call.scalars);
            }
          },
        ]),
      ),
  };
}

for (const name of examples)
  test(`${name}: the kernel interpreter returns the bits of strict WebAssembly`, async () => {
    const module = compileExample(name, { dims: { N: 2 }, mode: "strict" });
    const wasm = await session(module, "wasm", "strict");
    const plain = await createSession(module.plan, interpreted(module), { seed: 3 });
    expect(plain.snapshot()).toEqual(wasm.snapshot());
    const data = digits(2);
    expect(plain.run("step", data)["loss"]?.data).toEqual(wasm.run("step", data)["loss"]?.data);
    expect(plain.run("predict", { image: data.image })["logits"]?.data).toEqual(
      wasm.run("predict", { image: data.image })["logits"]?.data,
    );
    expect(plain.snapshot()).toEqual(wasm.snapshot());
  });

for (const name of examples)
  test(`${name}: fast mode agrees with the reference to 1e-4`, async () => {
    // Adam's first step is the sign of the gradient, which for a zero gradient is the sign of its rounding error: use
    // SGD instead.
    const { text } = sourceOf(name);
    const source = { name, text: text.replace("adam(lr: 1e-3)", "sgd(lr: 0.1, momentum: 0.9)") };
    const module = compileModule(source, { dims: { N: 2 }, mode: "fast", resolve: createResolver(name) });
    const [fast, reference] = [await session(module, "wasm", "fast"), await session(module, "reference", "fast")];
    const data = digits(2);
    reference.load(fast.save());
    close(
      fast.run("predict", { image: data.image })["logits"]?.data ?? [],
      reference.run("predict", { image: data.image })["logits"]?.data ?? [],
    );
    close(fast.run("step", data)["loss"]?.data ?? [], reference.run("step", data)["loss"]?.data ?? []);
    const moved = [...fast.state].filter(([path, { dtype }]) => dtype === "f32" && path.includes(".w"));
    expect(moved.length).toBeGreaterThan(2);
    for (const [path, { data: values, dtype }] of fast.state)
      if (dtype === "f32") close(values, reference.state.get(path)?.data ?? []);
  });

test("training reduces the loss", async () => {
  const module = compileExample("examples/mnist/lenet.dl", { dims: { N: 16 } });
  const losses = train(await session(module, "wasm", "fast"), 40, 16);
  expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) * 0.6);
});

test("the call stage of predict contains no op of batch norm or dropout", () => {
  const module = compileExample("examples/mnist/lenet.dl");
  const predict = entryOf(module, "predict").graph;
  const logits = present(
    predict.outputs.find(({ name }) => name === "logits"),
    "logits",
  ).value;
  const perCall = topological([logits]).filter(
    (node) => node.notes.stage !== "weights" && node.op.form.kind !== "leaf",
  );
  const expected = ["add", "broadcast", "contraction", "max", "pad", "reshape", "window_max"];
  expect([...new Set(perCall.map((node) => node.op.name))].sort().filter((op) => !expected.includes(op))).toEqual([]);
  // One bias for each contraction, and no other op between a contraction and its relu.
  const count = (op: string): number => perCall.filter((node) => node.op.name === op).length;
  expect([count("contraction"), count("add"), count("max")]).toEqual([5, 5, 4]);
});
