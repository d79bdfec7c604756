import type { Code, EntryPlan, Exports, NamedSlot, Plan } from "../../runtime/index.ts";

/**
 * A handwritten softmax regression, for tests of the training loop without a compiler: 4 features, 3 classes, for the
 * given batch sizes.
 */
const features = 4;
const classes = 3;
const most = 8;
const at = {
  step: 0,
  w: 16,
  loss: 96,
  accuracy: 100,
  image: 128,
  label: 128 + most * features * 4,
  logits: 128 + most * (features + 1) * 4,
};

const slot = (name: string, dtype: NamedSlot["dtype"], shape: readonly number[], offset: number): NamedSlot => ({
  name,
  dtype,
  shape,
  offset,
});

export function softmaxModel(sizes: readonly number[]): { plan: Plan; code: Code } {
  const entry = (name: string, n: number): EntryPlan => ({
    name,
    dims: { N: n },
    inputs: [
      slot("image", "f32", [n, features], at.image),
      ...(name === "step" ? [slot("label", "i32", [n], at.label)] : []),
    ],
    outputs:
      name === "step"
        ? [slot("loss", "f32", [], at.loss), slot("accuracy", "f32", [], at.accuracy)]
        : [slot("logits", "f32", [n, classes], at.logits)],
    call: `${name}_${n}`,
    prepare: null,
    outdates: name === "step",
    steps: [],
    prepareSteps: [],
    scratchBytes: 0,
    liveBytes: 0,
  });
  const init: EntryPlan = {
    ...entry("predict", 1),
    name: "init",
    dims: {},
    inputs: [],
    outputs: [],
    call: "init",
    outdates: true,
  };
  const plan: Plan = {
    format: "dlc-plan-1",
    model: "softmax",
    arenaBytes: 4096,
    persistent: [
      { kind: "state", role: "random", path: "step.step", dtype: "i32", shape: [], offset: at.step },
      { kind: "param", path: "w", dtype: "f32", shape: [features, classes], offset: at.w },
    ],
    constants: [],
    entries: [init, ...sizes.flatMap((n) => [entry("step", n), entry("predict", n)])],
    profiled: [],
  };
  return { plan, code: { kind: "js", instantiate: (memory) => functions(memory.buffer as ArrayBuffer, sizes) } };
}

function functions(buffer: ArrayBuffer, sizes: readonly number[]): Exports {
  const f32 = new Float32Array(buffer);
  const i32 = new Int32Array(buffer);
  const w = (k: number, c: number): number => at.w / 4 + k * classes + c;
  const read = (index: number): number => f32[index] ?? NaN;
  const logits = (n: number): void => {
    for (let i = 0; i < n; i++) {
      for (let c = 0; c < classes; c++) {
        let sum = 0;
        for (let k = 0; k < features; k++) sum += read(at.image / 4 + i * features + k) * read(w(k, c));
        f32[at.logits / 4 + i * classes + c] = sum;
      }
    }
  };
  const step = (n: number): void => {
    logits(n);
    let loss = 0;
    let hits = 0;
    const rows = Array.from({ length: n }, (_, i) =>
      f32.slice(at.logits / 4 + i * classes, at.logits / 4 + (i + 1) * classes),
    );
    rows.forEach((row, i) => {
      const total = row.reduce((sum, x) => sum + Math.exp(x), 0);
      const label = i32[at.label / 4 + i] ?? 0;
      loss += Math.log(total) - (row[label] ?? NaN);
      if (row.indexOf(Math.max(...row)) === label) hits++;
      for (let c = 0; c < classes; c++) {
        const slope = Math.exp(row[c] ?? NaN) / total - (c === label ? 1 : 0);
        for (let k = 0; k < features; k++)
          f32[w(k, c)] = read(w(k, c)) - (0.3 * slope * read(at.image / 4 + i * features + k)) / n;
      }
    });
    f32[at.loss / 4] = loss / n;
    f32[at.accuracy / 4] = hits / n;
    i32[at.step / 4] = (i32[at.step / 4] ?? 0) + 1;
  };
  return Object.fromEntries([
    ["init", () => f32.fill(0.01, at.w / 4, at.w / 4 + features * classes)],
    ...sizes.flatMap((n) => [
      [`step_${n}`, () => step(n)],
      [`predict_${n}`, () => logits(n)],
    ]),
  ]) as Exports;
}
