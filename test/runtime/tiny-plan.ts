import type { Code, EntryPlan, Exports, NamedSlot, Persistent, Plan } from "../../runtime/index.ts";

/**
 * A handwritten model: y = x * scale + bias, where the weights stage computes `scale = w * w` into a cache; `step` adds
 * x to `count` and increments w. Compiled for N = 2 and N = 3.
 */
const at = { seed: 0, step: 16, w: 32, count: 48, mask: 64, cache: 80, bias: 96, x: 112, y: 128, flag: 144 };

const slot = (name: string, dtype: NamedSlot["dtype"], shape: readonly number[], offset: number): NamedSlot => ({
  name,
  dtype,
  shape,
  offset,
});
const persistent = (
  kind: Persistent["kind"],
  path: string,
  dtype: Persistent["dtype"],
  shape: readonly number[],
  offset: number,
): Persistent => ({
  kind,
  path,
  dtype,
  shape,
  offset,
});

const nothing = { prepare: null, outdates: false, steps: [], prepareSteps: [], scratchBytes: 0, liveBytes: 0 };

const predict = (n: number): EntryPlan => ({
  ...nothing,
  name: "predict",
  dims: { N: n },
  inputs: [slot("x", "f32", [n], at.x)],
  outputs: [slot("y", "f32", [n], at.y)],
  call: `predict_${n}`,
  prepare: `predict_${n}_prepare`,
  steps: [
    { kind: "call", kernel: "affine", args: [at.x, at.y, n], flops: 2 * n, bytes: 8 * n },
    { kind: "call", kernel: "affine", args: [at.x, at.y, n], flops: 2 * n, bytes: 8 * n },
  ],
});

export const tinyPlan: Plan = {
  format: "dlc-plan-1",
  model: "tiny",
  arenaBytes: 160,
  persistent: [
    { ...persistent("state", "rng.seed", "i32", [2], at.seed), role: "random" },
    { ...persistent("state", "step.step", "i32", [], at.step), role: "random" },
    persistent("param", "w", "f32", [2], at.w),
    persistent("state", "count", "f64", [], at.count),
    persistent("state", "mask", "bool", [3], at.mask),
  ],
  // 0.5 as f32
  constants: [{ offset: at.bias, base64: "AAAAPw==" }],
  entries: [
    { ...nothing, name: "init", dims: {}, inputs: [], outputs: [], call: "init", outdates: true },
    predict(2),
    predict(3),
    {
      ...nothing,
      name: "step",
      dims: {},
      inputs: [slot("x", "i32", [], at.x), slot("flag", "bool", [], at.flag)],
      outputs: [slot("count", "f64", [], at.count)],
      call: "step",
      outdates: true,
    },
  ],
  profiled: ["affine"],
};

export interface Calls {
  prepares: number;
}

export function tinyCode(calls: Calls = { prepares: 0 }): Code {
  const instantiate = ({ buffer }: { readonly buffer: ArrayBuffer }): Exports => {
    const f32 = new Float32Array(buffer);
    const i32 = new Int32Array(buffer);
    const f64 = new Float64Array(buffer);
    const u8 = new Uint8Array(buffer);
    const affine = (x = 0, y = 0, n = 0): void => {
      for (let i = 0; i < n; i++)
        f32[y / 4 + i] = (f32[x / 4 + i] ?? NaN) * (f32[at.cache / 4] ?? NaN) + (f32[at.bias / 4] ?? NaN);
    };
    const prepare = (): void => {
      calls.prepares++;
      f32[at.cache / 4] = (f32[at.w / 4] ?? NaN) ** 2;
      // The weights stage may use the scratch that contains the inputs.
      f32.fill(NaN, at.x / 4, at.y / 4);
    };
    return {
      init: () => f32.set([(i32[0] ?? NaN) + 1, i32[1] ?? NaN], at.w / 4),
      predict_2: () => affine(at.x, at.y, 2),
      predict_3: () => affine(at.x, at.y, 3),
      predict_2_prepare: prepare,
      predict_3_prepare: prepare,
      affine,
      step: () => {
        f64[at.count / 8] = (f64[at.count / 8] ?? NaN) + (u8[at.flag] === 1 ? (i32[at.x / 4] ?? NaN) : 0);
        f32[at.w / 4] = (f32[at.w / 4] ?? NaN) + 1;
        i32[at.step / 4] = (i32[at.step / 4] ?? NaN) + 1;
      },
    };
  };
  return { kind: "js", instantiate: instantiate as Extract<Code, { kind: "js" }>["instantiate"] };
}
