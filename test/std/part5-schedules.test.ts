import { expect, test } from "vitest";
import { run } from "../frontend/program.ts";

/** The rate at these steps, from the graph, which must equal that from static numbers. */
function rates(schedule: string, steps: readonly number[]): number[] {
  const graph = run(`entry f(step: f32[]) { { rate: ${schedule} } }`);
  const found = steps.map((step) => graph.call("f", { step: [step] }).rate?.[0] ?? Number.NaN);
  const fixed = run(
    `entry f() { { ${steps.map((step, k) => `r${k}: ${schedule.replaceAll("step,", `${step}.0,`)}`).join(", ")} } }`,
  ).call("f");
  steps.forEach((_, k) => expect(fixed[`r${k}`]?.[0]).toBeCloseTo(found[k] ?? Number.NaN, 5));
  return found;
}

function expectRates(schedule: string, table: Readonly<Record<number, number>>): void {
  const steps = Object.keys(table).map(Number);
  rates(schedule, steps).forEach((rate, k) =>
    expect(rate, `${schedule} at ${steps[k]}`).toBeCloseTo(table[steps[k] ?? 0] ?? Number.NaN, 5),
  );
}

test("step_decay and exponential", () => {
  expectRates("step_decay(2, step, every: 10, gamma: 0.5)", { 0: 2, 9: 2, 10: 1, 19: 1, 20: 0.5, 35: 0.25 });
  expectRates("exponential(2, step, rate: 0.25, every: 10)", { 0: 2, 5: 1, 10: 0.5, 20: 0.125 });
  expectRates("exponential(1, step, rate: 0.99999)", { 100000: 0.99999 ** 1e5, 1000000: 0.99999 ** 1e6 });
});

test("multi_step is PyTorch's MultiStepLR, and piecewise its values", () => {
  const table = { 0: 2, 29: 2, 30: 0.2, 59: 0.2, 60: 0.02, 99: 0.02 };
  expectRates("multi_step(2, step, at: [30, 60])", table);
  expectRates("multi_step(2, step, at: [30, 60], gamma: 0.5)", { 29: 2, 30: 1, 60: 0.5 });
  expectRates("piecewise(step, at: [30, 60], values: [2, 0.2, 0.02])", table);
});

test("schedules compose by a pipe and by a product", () => {
  const noam = (step: number): number => 0.5 * Math.min((step + 1) ** -0.5, (step + 1) * 16 ** -1.5) * 4;
  const steps = Object.fromEntries([0, 7, 15, 16, 99].map((step) => [step, noam(step)]));
  expectRates("inverse_sqrt(0.5, step, over: 16) |> warmup(step, over: 16)", steps);
  expectRates("inverse_sqrt(0.5, step, over: 16) * warmup(1, step, over: 16)", steps);
});

test("polynomial and cosine end at `end`, and stay there", () => {
  expectRates("polynomial(1, step, total: 10, end: 0.2, power: 2)", { 0: 1, 5: 0.2 + 0.8 * 0.25, 10: 0.2, 99: 0.2 });
  expectRates("cosine(1, step, total: 10, end: 0.2)", { 0: 1, 5: 0.6, 10: 0.2, 99: 0.2 });
});

test("warm restarts start exactly at the first step of each cycle", () => {
  expectRates("warm_restarts(1, step, first: 4)", {
    0: 1,
    2: 0.5,
    3: (1 + Math.cos(0.75 * Math.PI)) / 2,
    4: 1,
    8: 1,
    10: 0.5,
  });
  const starts = Object.fromEntries([0, 1, 2, 3, 4, 5, 6].map((n) => [10 * (2 ** n - 1), 1]));
  expectRates("warm_restarts(1, step, first: 10, factor: 2)", { ...starts, 5: 0.5, 20: 0.5, 50: 0.5 });
  // One step before a start the cycle is nearly over.
  rates("warm_restarts(1, step, first: 10, factor: 2)", [9, 29, 69, 149, 309]).forEach((rate) =>
    expect(rate).toBeLessThan(0.03),
  );
});

test("one_cycle has PyTorch's corners", () => {
  expectRates("one_cycle(1, step, total: 100, warm: 0.3, start: 25, final: 100)", {
    0: 0.04,
    29: 1,
    99: 0.04 / 100,
    64: (1 + 0.0004) / 2,
  });
});

test("warmup precedes another schedule", () => {
  expectRates("warmup(cosine(1, step, total: 10), step, over: 4)", {
    0: 0.25,
    1: 0.5 * (1 + Math.cos(Math.PI / 10)) * 0.5,
    5: 0.5,
    10: 0,
  });
});

test("a schedule over the step of a train entry", () => {
  const model = run(`
model Net(x: f32[]) -> f32[] {
  param w: f32[] = 0
  w * x
}
train entry step_once(x: f32[]) {
  minimize Net(x) over Net with sgd(lr: step_decay(1, step, every: 2, gamma: 0.1))
}`);
  const seen = [1, 2, 3, 4, 5].map(() => {
    model.call("step_once", { x: [1] });
    return model.state("Net.w")[0];
  });
  [-1, -2, -2.1, -2.2, -2.21].forEach((w, k) => expect(seen[k]).toBeCloseTo(w, 5));
});
