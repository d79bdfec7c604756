import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import type { Outcome } from "./program-worker.ts";

/** Programs that grow without end, or whose parts are more than a module allows: a result, or this diagnostic. */
const programs: Readonly<Record<string, { readonly text: string; readonly code: string | null }>> = {
  "a list that doubles": {
    text: "fn g(n: int, s: [int])(x: f32[..S]) = if n == 0 { x } else { g(x, n - 1, s + s) }\nentry f(x: f32[4]) { g(x, 40, [1, 2, 3]) }",
    code: "E0407",
  },
  "a tuple that holds itself twice": {
    text: "fn g(n: int, a: any)(x: f32[..S]) = if n == 0 { x } else { g(x, n - 1, (a, a)) }\nentry f(x: f32[4]) { g(x, 100, 1) }",
    code: "E0407",
  },
  "a record that holds itself twice": {
    text: "fn g(n: int, a: any)(x: f32[..S]) = if n == 0 { x } else { g(x, n - 1, { a, b: a }) }\nentry f(x: f32[4]) { g(x, 100, 1) }",
    code: "E0407",
  },
  "a function whose arguments hold one twice": {
    text: "fn both(a: any, b: any, x: f32[..S]) = x\nfn g(n: int, k: any)(x: f32[..S]) = if n == 0 { x } else { g(x, n - 1, both(k, k)) }\nentry f(x: f32[4]) { g(x, 100, 1) }",
    code: "E0407",
  },
  "a string that doubles": {
    text: 'fn g(n: int, s: string)(x: f32[..S]) = if n == 0 { x } else { g(x, n - 1, s + s) }\nentry f(x: f32[4]) { g(x, 60, "aaaaaaaaaa") }',
    code: "E0407",
  },
  "a function that calls itself twice": {
    text: "fn g(n: int)(x: f32[..S]) = if n < 2 { x } else { g(x, n - 1) + g(x, n - 2) }\nentry f(x: f32[4]) { g(x, 60) }",
    code: "E0407",
  },
  "a static function that calls itself twice": {
    text: "fn g(n: int)(x: f32[..S]) = if n < 2 { x } else { g(g(x, n - 1), n - 2) }\nentry f(x: f32[4]) { g(x, 60) }",
    code: "E0407",
  },
  "a loop in a loop": {
    text: "entry f(x: f32[4]) {\n  let a = for i in 10000 { for j in 10000 { i * j } }\n  x\n}",
    code: "E0407",
  },
  "branches in branches": {
    text: "fn g(n: int)(x: f32[4]) -> f32[4] = if n == 0 { tanh(x) } else { cond sum(x) > 0 { g(x, n - 1) } else { g(x, n - 1) * 2 } }\nentry f(x: f32[4]) { g(x, 12) }",
    code: "E0407",
  },
  "a gradient of high order": {
    text: "fn d(n: int)(x: f32[]) = if n == 0 { tanh(x) * sin(x) } else { grad(d(x, n - 1), x) }\nentry f(x: f32[]) { d(x, 14) }",
    code: "E0407",
  },
  "more params than an entry can have": {
    text: "entry f(x: f32[4]) { repeat 9000 { x |> dense(4) } }",
    code: "E0407",
  },
  "many entries that train": {
    text: `model Net(x: f32[2, 3]) -> f32[2, 4] {\n  x |> dense(4)\n}\n${Array.from({ length: 1000 }, (_, i) => `train entry e${i}(x: f32[2, 3]) {\n  let loss = mean(Net(x) ^ 2) * ${i}\n  minimize loss over Net with adam()\n  { loss }\n}\n`).join("")}`,
    code: "E0407",
  },
  "a number that is squared": {
    text: "fn g(n: int, s: int)(x: f32[..S]) = if n == 0 { x * s } else { g(x, n - 1, s * s) }\nentry f(x: f32[4]) { g(x, 100, 3) }",
    code: "E0507",
  },
  "a tensor that doubles": {
    text: "fn dup(x: f32[..S]) = concat(x, x, axis: 0)\nentry f(x: f32[1, 4]) { repeat 18 { x |> dup } }",
    code: null,
  },
  "10,000 mistakes": {
    text: `entry f(x: f32[4]) {\n${Array.from({ length: 10_000 }, (_, i) => `  let a${i} = unknown${i}(x)\n`).join("")}  x\n}`,
    code: "E0201",
  },
  "the gradient of a tensor that doubles": {
    text: "fn dup(x: f32[..S]) = concat(x, x * x * 0.1, axis: 0)\nentry f(x: f32[1, 4]) {\n  let y = repeat 14 { x |> dup }\n  { g: grad(sum(y), x) }\n}",
    code: null,
  },
  "a concatenation of more parts than a function has params": {
    text: "entry f(x: f32[1, 4]) {\n  let a = for i in 1100 { x * i }\n  { y: concat(a, axis: 0) }\n}",
    code: null,
  },
  "a tensor of many axes": {
    text: "fn g(n: int, s: [int])(x: f32[..S]) = if n == 0 { sum(reshape(x, s)) } else { g(x, n - 1, s + s) }\nentry f(x: f32[1]) { g(x, 10, [1]) }",
    code: null,
  },
};

/** Compiles the programs in a worker with a limited heap. */
function compiled(texts: readonly string[]): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  return new Promise((done) => {
    const worker = new Worker(new URL("./program-worker.ts", import.meta.url), {
      workerData: texts,
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    });
    worker.on("message", (outcome: Outcome) => outcomes.push(outcome));
    worker.on("error", (error) => outcomes.push({ code: error.message, correct: false }));
    worker.on("exit", () => done(outcomes));
  });
}

// Each takes the time of the largest program that is allowed, in all several seconds.
test("every program is compiled, or rejected with a diagnostic, in 256 MB", async () => {
  const outcomes = await compiled(Object.values(programs).map(({ text }) => text));
  const names = Object.keys(programs);
  expect(Object.fromEntries(names.map((name, index) => [name, outcomes[index]]))).toEqual(
    Object.fromEntries(Object.entries(programs).map(([name, { code }]) => [name, { code, correct: code === null }])),
  );
}, 120_000);
