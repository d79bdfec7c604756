// A scan computes the same as its unrolled iterations, and the size of its code does not depend on its length.
import { expect, test } from "vitest";
import { compileProgram } from "../../compiler/compile.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import { graphOf, programOf } from "../frontend/program.ts";

const recurrent = (loop: string): string => `dl 1
model Net(x: f32[N, T, 3]) -> f32[N, 4] {
  param w: f32[3, 4] = glorot_uniform
  param u: f32[4, 4] = glorot_uniform
  ${loop}
}
entry predict(x: f32[N, T, 3]) = { y: Net(x) }
entry slope(x: f32[N, T, 3]) = { dx: grad(sum(Net(x) * Net(x)), x) }
train entry step(x: f32[N, T, 3]) {
  let loss = mean(Net(x) * Net(x))
  minimize loss over Net with sgd(lr: 0.5)
  { loss }
}`;

const scanned = recurrent(`let run = scan xt in x along T carry h = zeros([N, 4]) {
    next h = tanh(xt @ w + h @ u)
  }
  run.h`);

const unrolled = (iterations: number): string =>
  recurrent(
    [
      "let h0 = zeros([N, 4])",
      ...Array.from({ length: iterations }, (_, t) => `let h${t + 1} = tanh(x[:, ${t}] @ w + h${t} @ u)`),
      `h${iterations}`,
    ].join("\n  "),
  );

test("200 iterations of a scan and of its unrolled form agree to 1e-10, gradients and updates included", () => {
  const dims = [{ N: 2, T: 200 }];
  const [a, b] = [programOf(scanned, dims), programOf(unrolled(200), dims)];
  const random = (size: number, salt: number): Float64Array =>
    Float64Array.from({ length: size }, (_, i) => Math.sin(i * 12.9898 + salt) * 0.8);
  const persistent = new Map(
    a.persistent.map(({ path, type }, i) => [
      path,
      random(
        type.shape.reduce((p, q) => p * q, 1),
        i,
      ),
    ]),
  );
  const inputs = new Map([["x", random(2 * 200 * 3, 7)]]);
  for (const entry of ["predict", "slope", "step"]) {
    const [one, other] = [a, b].map((program) =>
      evaluate(graphOf(program, entry), { inputs, persistent, precision: "f64" }),
    );
    for (const part of ["outputs", "writes"] as const)
      for (const [name, { data }] of one?.[part] ?? []) {
        const wanted = other?.[part].get(name)?.data ?? new Float64Array();
        expect(wanted.length, `${entry} ${name}`).toBe(data.length);
        expect(
          data.reduce((most, x, i) => Math.max(most, Math.abs(x - (wanted[i] ?? NaN))), 0),
          `${entry} ${name}`,
        ).toBeLessThanOrEqual(1e-10);
      }
  }
});

// Shorter sums of one block have less code.
test("the code of 1000 and of 5000 iterations has the same size", () => {
  const size = (iterations: number): number =>
    compileProgram(programOf(scanned, [{ N: 8, T: iterations }]), {}).wasm("fast").bytes.length;
  const [short, long] = [size(1000), size(5000)];
  expect(Math.abs(long - short) / short).toBeLessThanOrEqual(0.02);
});
