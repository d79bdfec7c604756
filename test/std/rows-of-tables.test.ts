// Training of a table of embeddings touches the rows that are looked up: the work of a step does not depend on the
// height of the table, and the rows have the values, or the bits, that they would have otherwise.
import { expect, test } from "vitest";
import { compileProgram, type CompiledModule } from "../../compiler/compile.ts";
import { present } from "../../compiler/support/invariant.ts";
import { createSession, memoryGuards } from "../../runtime/index.ts";
import { callsOf } from "../../runtime/plan.ts";
import { programOf } from "../frontend/program.ts";

const width = 3;

/** The gradient of a row is the sum of the rows of dy at its index. */
const program = (optimizer: string, height: number, loss = "sum(E(id) * dy)"): string => `
model E(id: i32[N]) -> f32[N, ${width}] = id |> embedding(${height}, ${width})
train entry step(id: i32[N], dy: f32[N, ${width}], rate: f32[]) {
  let loss = ${loss}
  minimize loss over E with ${optimizer}
  { loss }
}`;

const table = "E.embedding1.table";
const optimizers = ["sgd(lr: 0.1)", "sgd(lr: rate)", "clip_by_value(0.5) |> sgd(lr: 0.1)", "lazy_adam(lr: 0.1)"];

const compiled = (text: string, ids: number, without: readonly string[] = []): CompiledModule =>
  compileProgram(programOf(text, [{ N: ids }]), { mode: "strict", guards: true, without });

interface Work {
  readonly flops: number;
  readonly bytes: number;
}

const workOf = ({ plan }: CompiledModule): Work => {
  const { steps } = present(
    plan.entries.find(({ name }) => name === "step"),
    "step",
  );
  return callsOf(steps).reduce((sum, { flops, bytes }) => ({ flops: sum.flops + flops, bytes: sum.bytes + bytes }), {
    flops: 0,
    bytes: 0,
  });
};

/** Their norms are sums of rows in another order. */
const clipped = ["clip_by_global_norm(0.1) |> sgd(lr: 0.1)", "clip_by_norm(rate) |> lazy_adam(lr: 0.1)"];

test.each([...optimizers, ...clipped, "lazy_adam(lr: rate)"])(
  "a step of %s costs the same for any height",
  (optimizer) => {
    const [low, high] = [100, 100_000].map((height) => workOf(compiled(program(optimizer, height), 16)));
    expect(high).toEqual(low);
    expect(present(high, "work").bytes).toBeLessThan(20_000);
  },
);

test("adam decays every row, and so do a momentum and a weight decay", () => {
  for (const optimizer of ["adam", "sgd(momentum: 0.9)", "sgd(weight_decay: 0.1)"])
    expect(workOf(compiled(program(optimizer, 100_000), 16)).bytes, optimizer).toBeGreaterThan(1e6);
});

interface Batch {
  readonly id: readonly number[];
  readonly dy: readonly number[];
}

/** Repeated indices, indices in any order, and a row whose gradients cancel. */
const batches: readonly Batch[] = [
  { id: [7, 3, 7, 0, 11], dy: Array.from({ length: 15 }, (_, i) => Math.sin(3 * i + 1)) },
  { id: [3, 3, 3, 3, 3], dy: Array.from({ length: 15 }, (_, i) => Math.cos(i) / 7) },
  { id: [2, 2, 9, 7, 11], dy: Array.from({ length: 15 }, (_, i) => (i < 3 ? 1 : i < 6 ? -1 : 0.1 * i)) },
  { id: [11, 7, 5, 7, 11], dy: Array.from({ length: 15 }, (_, i) => Math.sin(i * i)) },
];
const height = 12;

/** All params and states after the batches, in checked runs. */
async function trained(text: string, without: readonly string[] = []): Promise<ReadonlyMap<string, readonly number[]>> {
  const module = compiled(text, 5, without);
  const session = await createSession(module.plan, await module.code("wasm"), {
    mode: "strict",
    seed: 4,
    guards: memoryGuards,
  });
  const first = [...present(session.state.get(table), table).data].map(Number);
  for (const { id, dy } of batches)
    session.run("step", { id: Int32Array.from(id), dy: Float32Array.from(dy), rate: Float32Array.of(0.3) });
  const after = [...session.state].map(([path, { data }]) => [path, [...data].map(Number)] as const);
  return new Map([...after, ["first", first]]);
}

const twoLookups = "sum(E(id) * dy) + sum(E(reverse(id, axes: [0])) ^ 2)";

test.each(optimizers)("%s leaves the bits that it leaves when it updates the whole table", async (optimizer) => {
  const losses = ["sum(E(id) * dy)", twoLookups];
  for (const [tall, loss] of [
    [height, present(losses[0], "a loss")],
    [2 * height, present(losses[1], "a loss")],
  ] as const) {
    const text = program(optimizer, tall, loss);
    expect(workOf(compiled(text, 5)), loss).not.toEqual(workOf(compiled(text, 5, ["write-rows"])));
    expect(await trained(text), loss).toEqual(await trained(text, ["write-rows"]));
  }
});

test.each(clipped)("%s has the norm of the whole table", async (optimizer) => {
  for (const [tall, loss] of [
    [height, "sum(E(id) * dy)"],
    [2 * height, twoLookups],
  ] as const) {
    const text = program(optimizer, tall, loss);
    const whole = await trained(text, ["write-rows"]);
    for (const [path, values] of await trained(text))
      values.forEach((x, i) => expect(x, `${path} ${i}`).toBeCloseTo(present(whole.get(path), path)[i] ?? NaN, 6));
  }
});

test("lazy_adam is PyTorch's SparseAdam, for rows with a gradient", async () => {
  const after = await trained(program("lazy_adam(lr: 0.1, beta2: 0.9)", height));
  const [p = [], m = [], v = []] = [[...present(after.get("first"), "first")], [], []].map((list) =>
    Array.from({ length: height * width }, (_, i) => list[i] ?? 0),
  );
  batches.forEach(({ id, dy }, step) => {
    for (const row of new Set(id)) {
      const g = Array.from({ length: width }, (_, k) =>
        id.reduce((sum, other, i) => sum + (other === row ? Math.fround(dy[width * i + k] ?? 0) : 0), 0),
      );
      if (g.every((x) => x === 0)) continue;
      g.forEach((x, k) => {
        const at = width * row + k;
        m[at] = 0.9 * (m[at] ?? 0) + 0.1 * x;
        v[at] = 0.9 * (v[at] ?? 0) + 0.1 * x * x;
        const rate = (0.1 * Math.sqrt(1 - 0.9 ** (step + 1))) / (1 - 0.9 ** (step + 1));
        p[at] = (p[at] ?? 0) - (rate * (m[at] ?? 0)) / (Math.sqrt(v[at] ?? 0) + 1e-8);
      });
    }
  });
  for (const [path, want] of [
    [table, p],
    [`step.lazy_adam.${table}.m`, m],
    [`step.lazy_adam.${table}.v`, v],
  ] as const)
    want.forEach((x, i) => expect(present(after.get(path), path)[i], `${path} ${i}`).toBeCloseTo(x, 5));
  // Nothing has used row 1, and the gradients of row 2 cancel.
  for (const row of [1, 2])
    expect(present(after.get(table), table).slice(width * row, width * row + width)).toEqual(
      present(after.get("first"), "first").slice(width * row, width * row + width),
    );
});
