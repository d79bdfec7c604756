import { expect, test } from "vitest";
import { compileModule, type CompiledModule } from "../../compiler/compile.ts";
import { createSession, type Session, type SessionOptions } from "../../runtime/session.ts";
import { elaborateText, library, run } from "./program.ts";

// A generator with batch norm is sampled as in inference; dropout that stays on gives the spread of predictions.
const program = `dl 1

model G(z: f32[N, 4]) -> f32[N, 2] = z |> dense(8) |> batch_norm |> relu |> dense(2)

model Net(x: f32[N, 3]) -> f32[N, 3] = x |> dropout(0.5, always: true)

entry decode(z: f32[2, 4]) {
  G(z)
}

draw entry sample() {
  let z = normal([2, 4])
  { z, x: z |> G |> dropout(0.5), step }
}

draw entry other() {
  { z: normal([2, 4]), step }
}

draw entry spread(x: f32[2000, 3]) {
  Net(x)
}

train entry step_once(z: f32[8, 4]) {
  { loss: mean(G(z)), noise: normal([2]) }
}

entry plain() {
  uniform([4])
}
`;

const compiled: CompiledModule = compileModule({ name: "draws.dl", text: program }, { resolve: library });
const start = async (options: SessionOptions = {}): Promise<Session> =>
  createSession(compiled.plan, await compiled.code(), options);
const values = (session: Session, entry: string, output: string, inputs = {}): number[] =>
  Array.from(session.run(entry, inputs)[output]?.data ?? []);
const noise = Float32Array.from({ length: 32 }, (_, i) => Math.sin(i));

test("a draw entry draws new numbers at each call and does not train", async () => {
  const session = await start();
  for (let k = 0; k < 3; k++) session.run("step_once", { z: noise });
  const before = new Map([...session.state].map(([path, { data }]) => [path, [...data]]));
  const first = session.run("sample");
  const second = session.run("sample");
  expect(first["z"]?.data).not.toEqual(second["z"]?.data);
  // The running statistics are used, and dropout is off: `decode` computes the same from the same noise.
  for (const { z, x } of [first, second])
    expect(x?.data).toEqual(session.run("decode", { z: z?.data ?? [] })["result"]?.data);
  expect([first["step"]?.data[0], second["step"]?.data[0]]).toEqual([0, 1]);
  before.set("sample.step", [2]);
  expect(new Map([...session.state].map(([path, { data }]) => [path, [...data]]))).toEqual(before);
});

test("each draw entry has its own counter and its own numbers; a seed repeats them", async () => {
  const session = await start({ seed: 3 });
  const samples = [0, 1, 2].map(() => values(session, "sample", "z"));
  const others = [0, 1].map(() => values(session, "other", "z"));
  expect(new Set([...samples, ...others].map(String)).size).toBe(5);
  expect(session.state.get("sample.step")?.data[0]).toBe(3);
  expect(session.state.get("other.step")?.data[0]).toBe(2);
  session.reset(3);
  expect([0, 1].map(() => values(session, "other", "z"))).toEqual(others);
  expect([0, 1, 2].map(() => values(session, "sample", "z"))).toEqual(samples);
  session.reset(4);
  expect(values(session, "sample", "z")).not.toEqual(samples[0]);
  expect(values(session, "plain", "result")).toEqual(values(session, "plain", "result"));
});

test("dropout that is always on drops half, and the mean of calls is the input", async () => {
  const session = await start();
  const x = Float32Array.from({ length: 6000 }, () => 3);
  const calls = [0, 1, 2, 3].map(() => values(session, "spread", "result", { x }));
  expect(new Set(calls.flat())).toEqual(new Set([0, 6]));
  // 24000 numbers with a standard deviation of 3.
  const mean = calls.flat().reduce((a, b) => a + b, 0) / 24000;
  expect(Math.abs(mean - 3)).toBeLessThan((5 * 3) / Math.sqrt(24000));
});

test("the weights stage does not run again because a counter was written", async () => {
  let prepared = 0;
  const session = await start({
    guards: () => (entry, stage, body) => () => {
      if (entry.name === "sample" && stage === "prepare") prepared++;
      body();
    },
  });
  const sample = compiled.plan.entries.find(({ name }) => name === "sample");
  expect(sample).toMatchObject({ outdates: false, prepare: expect.any(String) as string });
  for (let k = 0; k < 4; k++) session.run("sample");
  expect(prepared).toBe(1);
  session.run("step_once", { z: noise });
  session.run("sample");
  expect(prepared).toBe(2);
});

test("the same numbers on every target", async () => {
  const sampled = await Promise.all(
    (["wasm", "js"] as const).map(async (target) => {
      const session = await createSession(compiled.plan, await compiled.code(target), { mode: "strict" });
      return [0, 1].map(() => values(session, "other", "z"));
    }),
  );
  expect(sampled[1]).toEqual(sampled[0]);
});

test("a draw entry that a test calls is in inference", () => {
  const model = run(`dl 1
draw entry f(x: f32[4]) { { dropped: dropout(x), trains: if train { 1 } else { 0 }, noise: uniform([2]) } }`);
  const [a, b] = [0, 1].map(() => model.call("f", { x: [1, 2, 3, 4] }));
  expect(a).toMatchObject({ dropped: [1, 2, 3, 4], trains: [0] });
  expect(a?.["noise"]).not.toEqual(b?.["noise"]);
});

const branches = `model Two(x: f32[3]) -> (sampled: f32[3], best: f32[3]) {
  let h = x |> dense(3)
  (h + normal([3]), h)
}

model Loop(x: f32[3, 3]) -> (sampled: f32[3], best: f32[3]) {
  let run = scan xt in x along 0 carry s = zeros([3]), b = zeros([3]) {
    next s = s + normal([3])
    next b = b + xt
  }
  (run.s, run.b)
}

model Written(x: f32[3]) {
  state noise: f32[3] = zeros
  noise <- normal([3])
  x
}

fn either(x: f32[3]) {
  let (a, b) = cond sum(x) > 0 { (x, normal([3])) } else { (x + 1, x) }
  { a, b }
}

fn count(limit: fn)(x: f32[]) = while carry v = x, k = 0.0 until v > limit() {
  next v = v + 1
  next k = k + normal([])
}
`;

test.each([
  ["a result that is not used", "entry f(x: f32[3]) { Two(x).best }", false],
  ["a result that is used", "entry f(x: f32[3]) { Two(x).sampled }", true],
  ["a carry that is not used", "entry f(x: f32[3, 3]) { Loop(x).best }", false],
  ["a carry that is used", "entry f(x: f32[3, 3]) { Loop(x).sampled }", true],
  ["a state that is written", "entry f(x: f32[3]) { Written(x) }", true],
  ["a result of a branch", "entry f(x: f32[3]) { either(x).b }", true],
  ["the other result", "entry f(x: f32[3]) { either(x).a }", false],
  ["a shape", "entry f() { size(normal([3])) }", false],
  ["a carry of a while", "entry f(x: f32[]) { count(fn () = 3)(x).k }", true],
  ["the other carry", "entry f(x: f32[]) { count(fn () = 3)(x).v }", false],
  ["the condition of a while", "entry f(x: f32[]) { count(fn () = uniform([]))(x).v }", true],
])("draws in a plain entry are reported where they matter: %s", (_, entry, reported) => {
  const { diagnostics, warnings } = elaborateText(`${branches}\n${entry}`);
  expect(diagnostics).toEqual([]);
  expect(warnings.map(({ code }) => code)).toEqual(reported ? ["W0641"] : []);
});
