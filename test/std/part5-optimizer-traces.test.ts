import { expect, test } from "vitest";
import { createResolver } from "../../cli/host/resolver.ts";
import { compileModule } from "../../compiler/index.ts";
import { present } from "../../compiler/support/invariant.ts";
import { createSession, type Session } from "../../runtime/session.ts";
import { library } from "../frontend/program.ts";
import { rules } from "./optimizer-rules.ts";

/** loss = sum(cos(a w)), or sum(a w) whose gradient is the input. */
const program = (optimizer: string, loss = "cos(a * w)", start = "0.5"): string => `
setting beta: f32 = 0.999 in [0, 1]
model Net(a: f32[4]) -> f32[] {
  param w: f32[4] = ${start}
  sum(${loss})
}
train entry step(a: f32[4]) {
  minimize Net(a) over Net with ${optimizer}
}`;

async function sessionOf(
  text: string,
  target: "wasm" | "js" = "wasm",
  mode: "strict" | "fast" = "strict",
): Promise<Session> {
  const module = compileModule({ name: "trace.dl", text }, { mode, resolve: createResolver(null) });
  return createSession(module.plan, await module.code(target), { seed: 1 });
}

const numbers = (session: Session, path: string): number[] =>
  Array.from(present(session.state.get(path), `${path} of ${[...session.state.keys()].join()}`).data, Number);

const step = (session: Session, a: readonly number[]): number[] => {
  session.run("step", { a: Float32Array.from(a) });
  return numbers(session, "Net.w");
};

/** The largest difference, relative to numbers above 1. */
const worst = (found: readonly number[], wanted: readonly number[]): number =>
  Math.max(...wanted.map((x, k) => Math.abs((found[k] ?? Number.NaN) - x) / Math.max(1, Math.abs(x))));

const direct = [1.536, 1.884, 1.214, 1.008].map(Math.fround);

test.each(rules)("20 steps of $optimizer are within 1e-6 of f64", async ({ optimizer, make }) => {
  for (const [target, mode] of [
    ["wasm", "strict"],
    ["wasm", "fast"],
    ["js", "strict"],
  ] as const) {
    const session = await sessionOf(program(optimizer), target, mode);
    const update = make();
    let w: readonly number[] = [0.5, 0.5, 0.5, 0.5];
    for (let k = 0; k < 20; k++) {
      w = update(
        w,
        w.map((x, i) => -(direct[i] ?? Number.NaN) * Math.sin((direct[i] ?? Number.NaN) * x)),
      );
      expect(worst(step(session, direct), w), `${target}, ${mode}, step ${k + 1}`).toBeLessThan(1e-6);
    }
  }
});

test("every optimizer of the library has a trace", () => {
  const names = [...library("std/optimizers.dl").text.matchAll(/^optimizer (\w+)/gm)].map(([, name]) => name);
  const traced = new Set(rules.map(({ optimizer }) => optimizer.split("(")[0]));
  expect(names.filter((name) => !traced.has(name))).toEqual(["accumulate"]);
});

test.each(["adam", "adamw", "amsgrad", "lamb"])(
  "the first step of %s is lr in the direction of the gradient",
  async (name) => {
    const decay = name === "adamw" || name === "lamb" ? ", weight_decay: 0" : "";
    for (const beta2 of ["0.9", "0.999", "0.99999", "0.999999", "beta"]) {
      const session = await sessionOf(program(`${name}(lr: 1, beta2: ${beta2}, eps: 0${decay})`, "a * w", "0"));
      const w = step(session, [1, 0.3, 7e-3, -123.4]);
      expect(worst(w, [-1, -1, -1, 1]), `beta2: ${beta2}`).toBeLessThan(1e-6);
    }
  },
);

test("Adam's second moment has all digits from the first step on", async () => {
  const session = await sessionOf(program("adam", "a * w"));
  step(session, [0.3, -2, 1.7, 1e-3]);
  const found = numbers(session, "step.adam.Net.w.v");
  [0.3, -2, 1.7, 1e-3].forEach((g, k) => expect(Math.abs(Number(found[k]) / (1e-3 * g * g) - 1)).toBeLessThan(1e-6));
});

const squaring = rules.filter(({ optimizer }) => !/^(sgd|proximal_sgd|lion|adamax)/.test(optimizer));

test.each(squaring)("one gradient of 1e20 leaves $optimizer as it leaves f64", async ({ optimizer, make }) => {
  const session = await sessionOf(program(optimizer, "a * w"));
  const update = make();
  let w: readonly number[] = [0.5, 0.5, 0.5, 0.5];
  const ordinary = [0.3, -2, 1.7, 0.01].map(Math.fround);
  for (let k = 0; k < 40; k++) {
    const g = k === 3 ? ordinary.map((x, i) => (i < 2 ? Math.sign(x) * Math.fround(1e20) : x)) : ordinary;
    w = update(w, g);
    const found = step(session, g);
    // LAMB and momentum pass the step on to all elements.
    expect(worst(found, w), `step ${k + 1}`).toBeLessThan(k < 3 ? 1e-6 : 1e-5);
  }
  for (const [path, { data }] of session.state)
    data.forEach((value) => expect(Math.abs(Number(value)), path).toBeLessThan(3.4e38));
});

test("an optimizer that forgets moves again after one gradient of 1e20", async () => {
  for (const optimizer of [
    "adam(lr: 0.01, beta2: 0.9)",
    "rmsprop(lr: 0.01, alpha: 0.9)",
    "nadam(lr: 0.01, beta2: 0.9)",
  ]) {
    const session = await sessionOf(program(optimizer, "a * w"));
    const stuck = step(session, [1e20, 1e38, -1e20, 3e38]);
    for (let k = 0; k < 1500; k++) session.run("step", { a: Float32Array.of(1, 1, 1, 1) });
    numbers(session, "Net.w").forEach((w, k) => expect((stuck[k] ?? 0) - w, optimizer).toBeGreaterThan(2));
  }
});

test("clipping by a norm works for gradients whose squares overflow, or do not count", async () => {
  for (const clip of ["clip_by_norm", "clip_by_global_norm"])
    for (const [limit, size] of [
      [1, 1e20],
      [1, 1e30],
      [0.01, 1e25],
      [100, 1e33],
      [1e-4, 1],
    ] as const) {
      const session = await sessionOf(program(`${clip}(${limit}) |> sgd(lr: 1)`, "a * w", "0"));
      const w = step(
        session,
        [3, -4, 0, 1e-9].map((x) => x * size),
      );
      const wanted = [-0.6, 0.8, 0, -2e-10].map((x) => x * limit);
      w.forEach((x, k) =>
        expect(Math.abs(x - (wanted[k] ?? 0)) / limit, `${clip} ${limit} ${size}`).toBeLessThan(1e-6),
      );
    }
  const small = await sessionOf(program("clip_by_global_norm(1) |> sgd(lr: 1)", "a * w", "0"));
  expect(step(small, [1e-20, 1e-30, 0.5, 0])).toEqual([-1e-20, -1e-30, -0.5, 0].map(Math.fround));
});

test("the counts of steps go on beyond 2^24 and stop at the largest i32", async () => {
  const session = await sessionOf(program("adam"));
  const t = present(session.state.get("step.adam.t"), "t");
  for (const [before, after] of [
    [2 ** 24, 2 ** 24 + 1],
    [2 ** 31 - 1, 2 ** 31 - 1],
  ] as const) {
    t.data[0] = before;
    expect(step(session, direct).every(Number.isFinite)).toBe(true);
    expect(numbers(session, "step.adam.t")).toEqual([after]);
  }
});
