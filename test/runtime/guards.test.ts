// Errors injected into plans and kernels: checked runs find each, and report its location. Correct modules run without
// faults.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileProgram } from "../../compiler/compile.ts";
import type { Graph } from "../../compiler/graph/ir.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { ops } from "../../compiler/ops/table.ts";
import { programOf } from "../../compiler/trust/run-graph.ts";
import { randomData } from "../../compiler/trust/sample-data.ts";
import { present } from "../../compiler/support/invariant.ts";
import { dtypes } from "../../runtime/dtype.ts";
import { createSession, memoryGuards, MemoryFault, type Code, type Plan, type Session } from "../../runtime/index.ts";
import { digits, compileExample } from "../end-to-end/examples.ts";
import { controlChoices, randomControl } from "../passes/random-control.ts";
import { choices, randomGraph } from "../passes/random-graph.ts";
import { checkedRun, moduleOf, moved, withCall, withKernel, withSteps } from "./checked.ts";

/** Three kernels: a sum; an in-place update of x and of w; a sum over the updated x. */
const straight = moduleOf(`graph step(%x: f32[3])
  %w = param "w" : f32[3]
  %0 = mul %x, %w : f32[3]
  %1 = reduce_sum %0 {axes=[0]} : f32[]
  %2 = broadcast %1 {shape=[3], dims=[]} : f32[3]
  %3 = sub %x, %2 : f32[3]
  %4 = reverse %3 {axes=[0]} : f32[3]
  %5 = reduce_sum %4 {axes=[0]} : f32[]
  %6 = tanh %3 : f32[3]
  %7 = add %w, %6 : f32[3]
  %8 = constant [0.5,1,2] : f32[3]
  %9 = mul %3, %8 : f32[3]
  %10 = reduce_sum %9 {axes=[0]} : f32[]
  return y=%3, z=%5, v=%10
  write "w"=%7
`);
const sum = "reduce_sum_mul_f32";
const update = "add_tanh_sub";
const last = "reduce_sum_reverse";

const loop = moduleOf(`graph loop(%xs: f32[4,3])
  %h = param "h" : f32[3]
  %last, %all = scan %h, %xs {carries=1, sequences=1, length=4} : f32[3], f32[4,3]
    body(%x: f32[3]) {
      carry %h: f32[3]
      %0 = add %h, %x : f32[3]
      %1 = reduce_sum %0 {axes=[0]} : f32[]
      %2 = broadcast %1 {shape=[3], dims=[]} : f32[3]
      %3 = mul %2, %h : f32[3]
      %4 = tanh %3 : f32[3]
      return y=%2
      next %h = %4
    }
  return last=%last, all=%all
`);

/** The code of the fault, the kernel that it names, its message, and the value found in memory. */
async function fault(plan: Plan, code: Code): Promise<readonly (string | null)[]> {
  const found = await checkedRun(plan, code);
  return found instanceof MemoryFault
    ? [found.code, found.kernel, found.says, found.holds]
    : ["none", null, JSON.stringify(found), null];
}

const faultOf = async (plan: Plan, module = straight): Promise<readonly (string | null)[]> =>
  fault(plan, await module.code("wasm"));

test("a correct module runs without faults, on both targets", async () => {
  for (const module of [straight, loop])
    expect(await checkedRun(module.plan, await module.code("wasm"))).toEqual(
      await checkedRun(module.plan, await module.code("js")),
    );
  expect(await checkedRun(straight.plan, await straight.code("js"))).toEqual({ y: [-5, -5, -5], z: [-15], v: [-17.5] });
});

test("at least 64 bytes separate tensors in a module for checked runs, and only there", () => {
  const { plan } = straight;
  const starts = [
    ...plan.persistent,
    ...plan.constants,
    ...(plan.entries[0]?.inputs ?? []),
    ...(plan.entries[0]?.outputs ?? []),
  ].map(({ offset }) => offset);
  const ordered = [...new Set(starts)].toSorted((a, b) => a - b);
  const gaps = ordered.slice(1).map((start, i) => start - present(ordered[i], "the one before"));
  expect(gaps.length).toBeGreaterThan(3);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(64 + 4);
  const plain = compileExample("examples/mnist/mlp.dl").plan;
  expect(plain.guards).toBeUndefined();
  expect(JSON.stringify(plain)).not.toContain("guard");
});

test("a moved buffer is found where it is read, for a wrong address in any kernel", async () => {
  const { plan } = straight;
  const moves = [
    [sum, 0, 16],
    [sum, 0, -16],
    [sum, 1, 16],
    [sum, 2, 16],
    [update, 0, 16],
    [update, 3, 16],
    [last, 0, 16],
    [last, 1, 16],
  ] as const;
  const found = [];
  for (const [kernel, arg, by] of moves)
    found.push((await faultOf(withCall(plan, kernel, (call) => moved(call, arg, by)))).slice(0, 2));
  expect(found.map(([code]) => code)).toEqual(["E0841", "E0841", "E0841", "E0841", "E0841", "E0841", "E0841", "E0844"]);
});

test("two values at one address are found, and both are named", async () => {
  const { plan } = straight;
  const x = present(plan.entries[0]?.inputs[0], "x").offset;
  // The first sum is at the last element of x, in both kernels that use it, while the update has yet to read x.
  const onto = (kernel: string, arg: number) => (before: Plan) =>
    withCall(before, kernel, (call) => ({ ...call, args: call.args.with(arg, x + 8) }));
  const [code, kernel, says, holds] = await faultOf(onto(update, 0)(onto(sum, 2)(plan)));
  expect([code, kernel, holds]).toEqual(["E0841", "add_tanh_sub_broadcast_f32_3", "reduce_sum f32[]"]);
  expect(says).toContain("input f32[3], and byte 8 of it");
});

test("steps in the wrong order, or missing steps, read a value that is not in memory", async () => {
  const { plan } = straight;
  expect((await faultOf(withSteps(plan, (steps) => steps.toReversed())))[0]).toBe("E0841");
  expect((await faultOf(withSteps(plan, (steps) => steps.slice(1))))[0]).toBe("E0841");
  expect((await faultOf(withSteps(plan, (steps) => steps.slice(0, -1))))[0]).toBe("E0844");
});

test("a result over a param or constant that must not change is found at the end", async () => {
  const { plan } = straight;
  const w = present(plan.persistent[0], "w").offset;
  const constant = present(plan.constants[0], "a constant").offset;
  const end = (steps: readonly (typeof plan.entries)[number]["steps"][number][]) => present(steps.at(-1), "a step");
  const onto = (at: number): Plan =>
    withSteps(plan, (steps) => {
      const step = end([...steps]);
      return step.kind === "call" ? [...steps, { ...step, args: step.args.with(-1, at) }] : steps;
    });
  expect((await faultOf(onto(w)))[0]).toBe("E0844");
  expect((await faultOf(onto(constant)))[0]).toBe("E0844");
});

test("a kernel that writes outside of its results is named, with the byte offset", async () => {
  const past = await withKernel(straight, sum, (kernel, { f32 }) => (...at) => {
    kernel(...at);
    f32[(at[2] ?? 0) / 4 + 1] = 7;
  });
  const before = await withKernel(straight, update, (kernel, { u8 }) => (...at) => {
    kernel(...at);
    u8[(at[3] ?? 0) - 1] = 7;
  });
  const input = await withKernel(straight, sum, (kernel, { f32 }) => (...at) => {
    kernel(...at);
    f32[(at[1] ?? 0) / 4] = 7;
  });
  const far = await withKernel(straight, sum, (kernel, { u8 }) => (...at) => {
    kernel(...at);
    u8[3] = 7;
  });
  expect((await fault(straight.plan, past)).slice(0, 2)).toEqual(["E0840", "reduce_sum_mul_f32_scalar"]);
  expect((await fault(straight.plan, past))[2]).toContain("1 bytes past the last of its result (reduce_sum f32[])");
  expect((await fault(straight.plan, before))[2]).toContain("1 bytes before its result (sub f32[3])");
  expect((await fault(straight.plan, input)).slice(0, 4)).toEqual([
    "E0840",
    "reduce_sum_mul_f32_scalar",
    expect.stringContaining("writes what it only reads"),
    "w",
  ]);
  expect((await fault(straight.plan, far))[0]).toBe("E0840");
  const after = await withKernel(straight, sum, (kernel, { u8 }) => (...at) => {
    kernel(...at);
    u8[u8.length - 1] = 7;
  });
  expect((await fault(straight.plan, after)).slice(0, 3)).toEqual([
    "E0840",
    null,
    expect.stringContaining("past the end of the arena"),
  ]);
});

test("a kernel that reads outside of its operands reads poison", async () => {
  const code = await withKernel(
    straight,
    last,
    (_, { f32 }) =>
      (x = 0, out = 0) =>
        (f32[out / 4] = (f32[x / 4 + 2] ?? 0) + (f32[x / 4 + 3] ?? 0)),
  );
  expect(await checkedRun(straight.plan, code)).toMatchObject({ z: [Number.NaN] });
});

test("an element that no kernel writes is found, also for an in-place result", async () => {
  const nothing = await withKernel(straight, last, () => () => undefined);
  expect((await fault(straight.plan, nothing)).slice(0, 2)).toEqual(["E0842", "reduce_sum_reverse_f32_scalar"]);
  const tail = await withKernel(straight, update, (kernel, { f32 }) => (...at) => {
    const old = f32.slice((at[3] ?? 0) / 4, (at[3] ?? 0) / 4 + 3);
    kernel(...at);
    f32[(at[3] ?? 0) / 4 + 2] = old[2] ?? 0;
  });
  expect((await fault(straight.plan, tail)).slice(0, 2)).toEqual(["E0843", "add_tanh_sub_broadcast_f32_3"]);
});

test("minus one and NaN are ordinary values", async () => {
  const code = await withKernel(
    straight,
    last,
    (_, { f32 }) =>
      (_x = 0, out = 0) =>
        (f32[out / 4] = Number.NaN),
  );
  expect(await checkedRun(straight.plan, code)).toMatchObject({ z: [Number.NaN] });
  const ints = moduleOf(`graph ints(%x: f32[3])
  %0 = constant [-1,-1] : i32[2]
  %1 = param "p" : i32[2]
  %2 = sub %0, %1 : i32[2]
  %3 = add %2, %1 : i32[2]
  return y=%3
`);
  expect(await checkedRun(ints.plan, await ints.code("wasm"))).toEqual({ y: [-1, -1] });
});

test("a kernel that reads an element after overwriting it is found", async () => {
  const code = await withKernel(straight, update, (kernel, { f32 }) => (...at) => {
    kernel(...at);
    const [, x = 0, , y = 0] = at.map((offset) => offset / 4);
    for (let i = 0; i < 3; i++) f32[y + i] = (f32[x] ?? 0) + 1;
  });
  const [found, kernel, says] = await fault(straight.plan, code);
  expect([found, kernel]).toEqual(["E0843", "add_tanh_sub_broadcast_f32_3"]);
  expect(says).toContain("computes another sub f32[3]");
});

test("a plan in which a result overlaps an operand that its kernel reads at other indices is found", async () => {
  const module = moduleOf(`graph transposed(%x: f32[3,3])
  %0 = transpose %x {perm=[1,0]} : f32[3,3]
  %1 = add %0, %x : f32[3,3]
  return y=%1
`);
  const over = withCall(module.plan, "add_transpose", (call) => ({
    ...call,
    args: call.args.with(-1, call.args[0] ?? 0),
  }));
  expect((await faultOf(over, module)).slice(0, 2)).toEqual(["E0843", "add_transpose_f32_3x3"]);
});

test("an update in place keeps the other elements, and reads what it overwrites only before", async () => {
  const module = moduleOf(`graph put(%x: f32[4])
  %kv = state "kv" : f32[4]
  %at = constant 1 : i32[]
  %0 = constant [5,7] : f32[2]
  %1 = dynamic_update_slice %kv, %0, %at {axis=0} : f32[4]
  %2 = add %1, %x : f32[4]
  return y=%2
  write "kv"=%1
`);
  const { plan } = module;
  const update = "dynamic_update_slice";
  expect(await checkedRun(plan, await module.code("wasm"))).toEqual({ y: [3, 6, 8, 3] });
  const late = withSteps(plan, (steps) => steps.toReversed());
  expect((await faultOf(late, module))[0]).toBe("E0841");
  const elsewhere = withCall(plan, update, (call) => moved(call, call.args.length - 1, 16));
  expect((await faultOf(elsewhere, module)).slice(0, 3)).toEqual([
    "E0841",
    "dynamic_update_slice_f32_4",
    expect.stringContaining("memory that was never written"),
  ]);
  const before = await withKernel(module, update, (kernel, { u8 }) => (...at) => {
    kernel(...at);
    u8[(at.at(-1) ?? 0) - 1] = 7;
  });
  expect((await fault(plan, before)).slice(0, 2)).toEqual(["E0840", "dynamic_update_slice_f32_4"]);
});

test("a function of the module that does not compute the same as its kernels is found", async () => {
  const code = await withKernel(
    straight,
    "step",
    (_, { u8 }) =>
      () =>
        (u8[1] = 7),
  );
  expect((await fault(straight.plan, code)).slice(0, 2)).toEqual(["E0845", null]);
});

test("in loops, each iteration has its own frame, carry and slices", async () => {
  const { plan } = loop;
  const kernels = loop.plan.entries[0]?.steps.find(({ kind }) => kind === "loop");
  const body =
    kernels?.kind === "loop" ? kernels.body.flatMap((step) => (step.kind === "call" ? [step.kernel] : [])) : [];
  expect(body).toEqual(["reduce_sum_add_f32_scalar", "broadcast_f32_3", "tanh_mul_broadcast_f32_3"]);
  const late = {
    ...plan,
    entries: plan.entries.map((entry) => ({
      ...entry,
      steps: entry.steps.map((step) => (step.kind === "loop" ? { ...step, body: step.body.toReversed() } : step)),
    })),
  };
  expect((await faultOf(late, loop)).slice(0, 2)).toEqual(["E0841", "tanh_mul_broadcast_f32_3"]);
  const still = withCall(plan, "broadcast_f32_3", (call) => ({
    ...call,
    args: call.args.map((at) => (typeof at === "number" ? at : at.offset)),
  }));
  expect((await faultOf(still, loop))[0]).toBe("E0844");
  const misplaced = withCall(plan, "tanh_mul", (call) => moved(call, call.args.length - 1, 16));
  expect((await faultOf(misplaced, loop))[0]).toBe("E0841");
  const fewer = withSteps(plan, (steps) => steps.map((step) => (step.kind === "loop" ? { ...step, turns: 3 } : step)));
  expect((await faultOf(fewer, loop))[0]).toBe("E0844");
});

test("a failed check restores the arena, and an ordinary build is rejected", async () => {
  const { plan } = straight;
  const session = await createSession(
    withSteps(plan, (steps) => steps.slice(1)),
    await straight.code("wasm"),
    { guards: memoryGuards },
  );
  session.state.get("w")?.data.set([1, 2, 3]);
  expect(() => session.run("step", { x: new Float32Array(3) })).toThrow(MemoryFault);
  expect([...(session.state.get("w")?.data ?? [])]).toEqual([1, 2, 3]);
  const plain = compileExample("examples/mnist/mlp.dl");
  await expect(createSession(plain.plan, await plain.code("wasm"), { guards: memoryGuards })).rejects.toThrow(
    /compile with `guards`/,
  );
});

/** Two checked calls return the results of an unchecked session. */
async function expectNoFaults(graph: Graph, target: "wasm" | "js", without: readonly string[]): Promise<void> {
  const module = compileProgram(programOf(graph), { mode: "strict", guards: true, without });
  const code = await module.code(target);
  const sessions = [
    await createSession(module.plan, code, { mode: "strict", guards: memoryGuards }),
    await createSession(module.plan, code, { mode: "strict" }),
  ];
  const data = randomData(graph, 5);
  const inputs =
    module.plan.entries[0]?.inputs.map(
      ({ name, dtype }) => [name, new dtypes[dtype].array(present(data.inputs.get(name), name))] as const,
    ) ?? [];
  const results = sessions.map((session: Session) => {
    for (const [path, values] of data.persistent) session.state.get(path)?.data.set(values);
    session.touch();
    session.run(graph.name, Object.fromEntries(inputs));
    return [session.run(graph.name, Object.fromEntries(inputs)), session.snapshot()];
  });
  expect(results[0]).toEqual(results[1]);
}

const runs = { numRuns: Number(process.env["RUNS"] ?? 8) };
const lists = fc.constantFrom(
  [],
  ["simplify", "merge-common"],
  ["sink", "hoist"],
  ["fold-constants", "reassociate", "specialize"],
);

test("the kernels of a checked run are those of its plan, on a target with other kernels, too", async () => {
  const file = new URL("../fuzz/corpus/guards-20261218-57486.ir", import.meta.url);
  await expectNoFaults(parseGraph(readFileSync(file, "utf8"), ops), "js", []);
});

test("random graphs run without faults", async () => {
  await fc.assert(
    fc.asyncProperty(choices, fc.boolean(), fc.constantFrom("wasm", "js"), lists, (steps, trains, target, without) =>
      expectNoFaults(randomGraph(steps, { trains, smooth: false }), target, without),
    ),
    runs,
  );
});

test("random loops and branches run without faults", async () => {
  await fc.assert(
    fc.asyncProperty(
      controlChoices,
      fc.boolean(),
      fc.constantFrom("wasm", "js"),
      lists,
      (steps, trains, target, without) => expectNoFaults(randomControl(steps, { trains }), target, without),
    ),
    runs,
  );
});

test.each(["dqn", "kmeans"])("every entry of the example %s runs without faults", async (name) => {
  const module = compileExample(`examples/${name}.dl`, { dims: { N: 2 }, guards: true });
  const code = await module.code("wasm");
  const [checked, usual] = [
    await createSession(module.plan, code, { guards: memoryGuards }),
    await createSession(module.plan, code),
  ];
  for (const { name: entry, inputs } of module.plan.entries.filter((each) => each.name !== "init")) {
    const zeros = Object.fromEntries(
      inputs.map((slot) => [slot.name, new dtypes[slot.dtype].array(slot.shape.reduce((a, b) => a * b, 1))] as const),
    );
    expect(checked.run(entry, zeros)).toEqual(usual.run(entry, zeros));
  }
  expect(Buffer.compare(checked.snapshot(), usual.snapshot())).toBe(0);
});

test("LeNet trains and predicts under guards, with the bits of an ordinary build", async () => {
  const options = { dims: { N: 2 }, mode: "strict" } as const;
  const [guarded, plain] = [
    compileExample("examples/mnist/lenet.dl", { ...options, guards: true }),
    compileExample("examples/mnist/lenet.dl", options),
  ];
  const checked = await createSession(guarded.plan, await guarded.code("wasm"), {
    seed: 2,
    mode: "strict",
    guards: memoryGuards,
  });
  const usual = await createSession(plain.plan, await plain.code("wasm"), { seed: 2, mode: "strict" });
  const data = digits(2);
  for (const session of [checked, usual]) session.run("step", data);
  expect(checked.run("predict", { image: data.image })).toEqual(usual.run("predict", { image: data.image }));
  expect(Buffer.compare(checked.snapshot(), usual.snapshot())).toBe(0);
});
