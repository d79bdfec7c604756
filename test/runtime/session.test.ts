import { expect, test } from "vitest";
import { createSession, DlcError, hasRelaxedSimd, profileSteps, type Session } from "../../runtime/index.ts";
import { tinyCode, tinyPlan, type Calls } from "./tiny-plan.ts";

const tiny = (seed = 0): Promise<Session> => createSession(tinyPlan, tinyCode(), { seed });

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof DlcError)
      return `${error.code}: ${error.says}${error.help === undefined ? "" : ` (${error.help})`}`;
    throw error;
  }
  return "no error";
}

test("runs the matching variant, on typed arrays, numbers and tensors", async () => {
  const session = await tiny(1);
  expect(session.run("predict", { x: new Float32Array([1, 2]) })["y"]).toEqual({
    dtype: "f32",
    shape: [2],
    data: new Float32Array([4.5, 8.5]),
  });
  expect(session.run("predict", { x: [1, 2, 3] })["y"]?.data).toEqual(new Float32Array([4.5, 8.5, 12.5]));
  expect(session.run("predict", { x: { data: [1, 2, 3], shape: [3] } })["y"]?.shape).toEqual([3]);
  expect(session.run("step", { x: 7, flag: [true] })["count"]).toEqual({
    dtype: "f64",
    shape: [],
    data: new Float64Array([7]),
  });
  expect(session.run("step", { x: [2], flag: new Uint8Array([0]) })["count"]?.data[0]).toBe(7);
});

test("outputs are copies, or views on request", async () => {
  const session = await tiny();
  const copy = session.run("predict", { x: [1, 1] })["y"]?.data;
  const view = session.run("predict", { x: [2, 2] }, { view: true })["y"]?.data;
  expect(copy).toEqual(new Float32Array([1.5, 1.5]));
  session.run("predict", { x: [3, 3] });
  expect(view).toEqual(new Float32Array([3.5, 3.5]));
});

test("the weights stage runs once for each change of the weights and each variant", async () => {
  const calls: Calls = { prepares: 0 };
  const session = await createSession(tinyPlan, tinyCode(calls));
  const predict = (n: number): unknown => session.run("predict", { x: new Float32Array(n) });
  predict(2);
  predict(2);
  expect(calls.prepares).toBe(1);
  predict(3);
  expect(calls.prepares).toBe(2);
  session.run("step", { x: 1, flag: [1] });
  predict(2);
  expect(calls.prepares).toBe(3);
  session.state.get("w")?.data.set([5]);
  session.touch();
  expect(session.run("predict", { x: [1, 1] })["y"]?.data[0]).toBe(25.5);
  const snapshot = session.snapshot();
  const saved = session.save();
  predict(2);
  expect(calls.prepares).toBe(4);
  session.restore(snapshot);
  predict(2);
  session.load(saved);
  predict(2);
  session.reset(3);
  predict(2);
  expect(calls.prepares).toBe(7);
});

test("inputs are checked before anything runs", async () => {
  const session = await tiny();
  const before = session.snapshot();
  const errors = [
    () => session.run("predct", {}),
    () => session.run("predict", {}),
    () => session.run("predict", { x: [1, 2], z: [1] }),
    () => session.run("predict", { x: new Float64Array(2) }),
    () => session.run("predict", { x: new Float32Array(4) }),
    () => session.run("predict", { x: { data: [1, 2], shape: [3] } }),
    () => session.run("predict", { x: [1, 2] }, { dims: { N: 3 } }),
    () => session.run("predict", { x: "no tensor" as unknown as number }),
    () => session.run("predict", { x: null as unknown as number }),
    () => session.run("predict", { x: [1, undefined as unknown as number] }),
    () => session.run("predict", { x: ["1", "2"] as unknown as number[] }),
    () => session.run("predict", { x: [[1, 2]] as unknown as number[] }),
    () => session.run("step", { x: 1.5, flag: [1] }),
    () => session.run("step", { x: 2 ** 31, flag: [1] }),
    () => session.run("step", { x: 1, flag: new Uint8Array([2]) }),
    () => session.reset(-1),
  ].map(codeOf);
  expect(errors).toEqual([
    "E0803: unknown entry `predct` (did you mean `predict`?)",
    "E0810: `predict` needs the input `x` (pass x: f32[2])",
    "E0810: `predict` has no input `z` (its inputs are x)",
    "E0811: input `x` of `predict` is f32; got a Float64Array (pass a Float32Array)",
    "E0812: `predict` was not compiled for x with 4 elements (it accepts (x: f32[2]), (x: f32[3]))",
    "E0811: input `x` of `predict` has 2 elements, but its shape [3] needs 3 elements",
    "E0812: input `x` of `predict` has 2 elements (it is f32[3], 3 elements)",
    'E0811: input `x` of `predict` is not a tensor: got "no tensor" (pass a Float32Array, an array of numbers, or { data, shape })',
    "E0811: input `x` of `predict` is not a tensor: got null (pass a Float32Array, an array of numbers, or { data, shape })",
    "E0814: input `x` of `predict` has undefined at [1], which is not a number that f32 can represent",
    'E0814: input `x` of `predict` has "1" at [0], which is not a number that f32 can represent',
    "E0812: `predict` was not compiled for x with shape [1,2] (it accepts (x: f32[2]), (x: f32[3]))",
    "E0814: input `x` of `step` has 1.5, which is not a number that i32 can represent",
    "E0814: input `x` of `step` has 2147483648, which is not a number that i32 can represent",
    "E0814: input `flag` of `step` has 2, which is not a number that bool can represent",
    "E0804: the seed must be an integer from 0 to 2^53 - 1, got -1",
  ]);
  expect(session.snapshot()).toEqual(before);
});

test("names of object prototype members are ordinary names", async () => {
  const session = await tiny();
  expect(codeOf(() => session.run("constructor"))).toMatch(/^E0803/);
  expect(codeOf(() => session.run("predict", JSON.parse('{"__proto__": [1, 2]}')))).toMatch(/^E0810/);
});

test("init receives the seed as two 32-bit words, and reset starts again", async () => {
  const session = await tiny(2 ** 32 * 5 + 7);
  expect(session.state.get("w")?.data).toEqual(new Float32Array([8, 5]));
  const fresh = session.snapshot();
  session.run("step", { x: 3, flag: [1] });
  expect(session.snapshot()).not.toEqual(fresh);
  session.reset(2 ** 32 * 5 + 7);
  expect(session.snapshot()).toEqual(fresh);
});

test("the state is changed through its tensors, not as a Map", async () => {
  const session = await tiny();
  const map = session.state as unknown as Map<string, unknown>;
  expect(codeOf(() => map.set("w", new Float32Array(2)))).toBe(
    "E0818: `state` is read-only: write to the `data` of a tensor",
  );
  expect(session.state.get("w")?.shape).toEqual([2]);
});

test("a snapshot restores the state, and only for its own model", async () => {
  const session = await tiny();
  session.run("step", { x: 3, flag: [1] });
  const snapshot = session.snapshot();
  session.run("step", { x: 3, flag: [1] });
  session.restore(snapshot);
  expect(session.snapshot()).toEqual(snapshot);
  expect(codeOf(() => session.restore(snapshot.slice(1)))).toMatch(/^E0822/);
  expect(codeOf(() => session.restore(new Uint8Array(snapshot.length)))).toMatch(/^E0822/);
  expect(codeOf(() => session.restore(new Uint8Array(0)))).toMatch(/^E0822/);
});

test("a profile adds up the steps of each kernel and does not change the state", async () => {
  const session = await createSession(tinyPlan, tinyCode(), { profiler: profileSteps });
  const before = session.snapshot();
  const profile = session.profile("predict", { x: [1, 2] }, 3);
  expect(profile.map(({ kernel, calls, flops, bytes }) => ({ kernel, calls, flops, bytes }))).toEqual([
    { kernel: "affine", calls: 2, flops: 8, bytes: 32 },
  ]);
  expect(profile[0]?.meanMs).toBeGreaterThanOrEqual(profile[0]?.bestMs ?? Infinity);
  expect(session.snapshot()).toEqual(before);
  const plain = await createSession({ ...tinyPlan, profiled: [] }, tinyCode());
  expect(codeOf(() => plain.profile("predict", { x: [1, 2] }))).toMatch(/^E0805/);
});

test("an arena that is too large, or a plan of another version, is rejected", async () => {
  await expect(createSession({ ...tinyPlan, arenaBytes: 2 ** 33 }, tinyCode())).rejects.toThrow(
    /does not allocate 8192 MiB of memory/,
  );
  await expect(createSession({ ...tinyPlan, format: "dlc-plan-9" as "dlc-plan-1" }, tinyCode())).rejects.toThrow(
    /build the model again/,
  );
  await expect(createSession(tinyPlan, { kind: "js", instantiate: () => ({}) })).rejects.toThrow(/no function `init`/);
});

test("the relaxed SIMD probe is a valid module on this Node", () => {
  expect(hasRelaxedSimd()).toBe(true);
});

test("WebAssembly code runs over the imported memory", async () => {
  // (import "env" "memory" (memory 1)) (func (export "f") i32.const 16, f32.const 2, f32.store)
  const bytes = Uint8Array.from(
    [
      [0, 97, 115, 109, 1, 0, 0, 0],
      [1, 4, 1, 0x60, 0, 0],
      [2, 15, 1, 3, 101, 110, 118, 6, 109, 101, 109, 111, 114, 121, 2, 0, 1],
      [3, 2, 1, 0],
      [7, 5, 1, 1, 102, 0, 0],
      [10, 14, 1, 12, 0, 0x41, 16, 0x43, 0, 0, 0, 0x40, 0x38, 2, 0, 0x0b],
    ].flat(),
  );
  const entry = {
    name: "f",
    dims: {},
    inputs: [],
    outputs: [{ name: "y", dtype: "f32", shape: [], offset: 16 }],
    call: "f",
    prepare: null,
  } as const;
  const plan = {
    ...tinyPlan,
    persistent: [],
    entries: [{ ...entry, outdates: false, steps: [], prepareSteps: [], scratchBytes: 0, liveBytes: 0 }],
  };
  const session = await createSession(plan, { kind: "wasm", bytes });
  expect(session.run("f")["y"]?.data[0]).toBe(2);
});
