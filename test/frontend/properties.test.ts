import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { errorCase } from "../support/inline-diagnostics.ts";
import { Runner, elaborateText, graphOf, programOf, run } from "./program.ts";

const size = fc.integer({ min: 1, max: 6 });

test("dims unify exactly when the sizes agree", () => {
  fc.assert(
    fc.property(size, size, size, size, (a, b, c, d) => {
      const text = `
fn both(x: f32[N, ..S, K], y: f32[K, M]) -> f32[N, ..S, M] = x @ y
entry f(x: f32[2, ${a}, ${b}], y: f32[${c}, ${d}]) { both(x, y) }`;
      const { program, diagnostics } = elaborateText(text);
      if (b === c) expect(program && graphOf(program, "f").outputs[0]?.value.type.shape).toEqual([2, a, d]);
      else expect(diagnostics.map((e) => e.code)).toEqual(["E0301"]);
    }),
    { numRuns: 40 },
  );
});

test("a linear dim is solved for its unknown name", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 1, max: 40 }),
      (factor, plus, actual) => {
        const text = `
fn g(x: f32[${factor} * H + ${plus}]) = zeros([H])
entry f(x: f32[${actual}]) { g(x) }`;
        const { program, diagnostics } = elaborateText(text);
        const solved = (actual - plus) / factor;
        if (Number.isInteger(solved) && solved > 0)
          expect(program && graphOf(program, "f").outputs[0]?.value.type.shape).toEqual([solved]);
        else expect(diagnostics.map((e) => e.code)).toEqual(["E0301"]);
      },
    ),
    { numRuns: 60 },
  );
});

/** The shape of a broadcast as NumPy has it; null if the shapes do not agree. */
function joint(a: readonly number[], b: readonly number[]): number[] | null {
  const rank = Math.max(a.length, b.length);
  const sizes = Array.from({ length: rank }, (_, axis) =>
    [a, b].map((shape) => shape[axis - rank + shape.length] ?? 1).toSorted((p, q) => p - q),
  );
  return sizes.every(([least, most]) => least === 1 || least === most) ? sizes.map(([, most = 1]) => most) : null;
}

/** Of operands of different ranks, that of the higher rank has the shape of the result. */
function broadcast(a: readonly number[], b: readonly number[]): number[] | null {
  const result = joint(a, b);
  const higher = a.length > b.length ? a : b;
  return a.length === b.length || result?.join() === higher.join() ? result : null;
}

const shape = fc.array(fc.constantFrom(1, 2, 3), { maxLength: 3 });
const declared = (sizes: readonly number[]): string => `f32[${sizes.join(", ")}]`;

test("operands of one rank are broadcast as in NumPy, and those of a lower rank to the shape of the others", () => {
  fc.assert(
    fc.property(shape, shape, (a, b) => {
      const { program, diagnostics } = elaborateText(
        `entry f(x: ${declared(a)}, y: ${declared(b)}) { { sum: x + y, less: x < y } }`,
      );
      const result = broadcast(a, b);
      if (result === null) expect(diagnostics.map((e) => e.code)).toEqual(["E0304", "E0304"]);
      else
        expect(program && graphOf(program, "f").outputs.map(({ value }) => value.type.shape)).toEqual([result, result]);
    }),
    { numRuns: 80 },
  );
});

test("the elements and gradients of a broadcast product are those of the repeated operands", () => {
  const sized = fc.tuple(...[1, 2, 3].map(() => fc.tuple(fc.constantFrom(1, 2, 3), fc.boolean(), fc.boolean())));
  fc.assert(
    fc.property(sized, (axes) => {
      const [a, b] = [1, 2].map((k) => axes.map((axis) => (axis[k] === true ? 1 : axis[0])));
      if (a === undefined || b === undefined) return;
      const whole = axes.map((_, k) => Math.max(a[k] ?? 1, b[k] ?? 1));
      const result = run(`entry f(x: ${declared(a)}, y: ${declared(b)}) {
  let z = x * y
  let (u, v) = (expand(x, [${whole.join(", ")}]), expand(y, [${whole.join(", ")}]))
  let other = u * v
  { z, other, dx: grad(sum(z ^ 2), x), dy: grad(sum(z ^ 2), y), du: grad(sum(other ^ 2), x), dv: grad(sum(other ^ 2), y) }
}`).call("f", { x: numbered(a), y: numbered(b) });
      const value = (shape: readonly number[], at: readonly number[]): number =>
        numbered(shape)[
          at.reduce((flat, k, axis) => flat * (shape[axis] ?? 1) + Math.min(k, (shape[axis] ?? 1) - 1), 0)
        ] ?? 0;
      const places = whole.reduce<number[][]>(
        (all, size) => all.flatMap((at) => range(size).map((k) => [...at, k])),
        [[]],
      );
      expect(result["z"]).toEqual(places.map((at) => value(a, at) * value(b, at)));
      expect(result["other"]).toEqual(result["z"]);
      expect([result["dx"], result["dy"]]).toEqual([result["du"], result["dv"]]);
    }),
    { numRuns: 30 },
  );
});

const range = (n: number): number[] => Array.from({ length: n }, (_, k) => k);
const numbered = (sizes: readonly number[]): number[] => range(sizes.reduce((p, q) => p * q, 1)).map((k) => k + 1);

test("an instance shares its params between all its uses, plain layers never share", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }), (uses) => {
      const steps = uses.map((shared) => (shared ? "|> enc" : "|> dense(3)")).join(" ");
      const program = programOf(
        `
model Net(x: f32[N, 3]) -> f32[N, 3] {
  let enc = dense(3)
  x ${steps}
}
entry f(x: f32[N, 3]) { Net(x) + Net(x) }
entry g(x: f32[N, 3]) { Net(x) }`,
        [{ N: 2 }],
      );
      const weights = program.persistent.filter((p) => p.path.endsWith(".w"));
      expect(weights).toHaveLength(uses.filter((shared) => !shared).length + (uses.includes(true) ? 1 : 0));
      expect(new Set(program.persistent.map((p) => p.path)).size).toBe(program.persistent.length);
    }),
    { numRuns: 20 },
  );
});

test("writes take effect in order", () => {
  const step = fc.oneof(
    fc.integer({ min: -3, max: 3 }).map((k) => ({ text: `n <- n + ${k}`, apply: (n: number) => n + k })),
    fc.integer({ min: -2, max: 2 }).map((k) => ({ text: `n <- n * ${k}`, apply: (n: number) => n * k })),
    fc.constant({ text: "seen <- seen + n", apply: (n: number) => n }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
      const runner = new Runner(
        programOf(`
layer counter()(x: f32[]) -> f32[] {
  state n: f32 = 1
  state seen: f32 = 0
  ${steps.map((s) => s.text).join("\n  ")}
  x + n
}
model M(x: f32[]) = counter(x)
entry f(x: f32[]) { M(x) }`),
      );
      let [n, seen] = [1, 0];
      for (let call = 0; call < 2; call++) {
        const { result } = runner.call("f", { x: [10] });
        for (const s of steps) {
          n = s.apply(n);
          if (s.text.startsWith("seen")) seen += n;
        }
        expect(result?.[0]).toBeCloseTo(10 + n, 3);
      }
      expect(runner.state("M.counter1.n")[0]).toBeCloseTo(n, 3);
      expect(runner.state("M.counter1.seen")[0]).toBeCloseTo(seen, 3);
    }),
    { numRuns: 30 },
  );
});

// The programs of the goldens, with a token replaced, dropped or duplicated: an error must be a diagnostic, never an
// internal error.
const corpus = ["frontend/graphs", "diagnostics"].flatMap((path) => {
  const folder = new URL(`../golden/${path}/`, import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith(".dl") && name !== "static-recursion.dl");
  return files.map((name) =>
    errorCase(name, readFileSync(new URL(name, folder), "utf8")).source.text.split(
      /(\s+|(?=[()[\]{},:])|(?<=[()[\]{},:]))/,
    ),
  );
});
const words = [...new Set(corpus.flat().filter((word) => /\S/.test(word)))];
const odd = [
  "-1",
  "0",
  "1e30",
  "99999999999",
  "inf",
  "[]",
  "[[1]]",
  "()",
  "x",
  "map",
  "fold",
  "op",
  "op.conv",
  "train",
  "_",
  "..S",
  "params(x)",
  "zeros",
  "9007199254740991",
];

test("no text causes an internal error", () => {
  const mutation = fc.record({
    kind: fc.constantFrom("replace", "drop", "double"),
    at: fc.nat(),
    word: fc.constantFrom(...words, ...odd),
  });
  fc.assert(
    fc.property(fc.constantFrom(...corpus), fc.array(mutation, { minLength: 1, maxLength: 3 }), (text, mutations) => {
      const parts = [...text];
      for (const { kind, at, word } of mutations) {
        const k = at % parts.length;
        if (kind === "drop") parts.splice(k, 1);
        else if (kind === "double") parts.splice(k, 0, parts[k] ?? "");
        else parts[k] = word;
      }
      const { program, diagnostics } = elaborateText(parts.join(""), [{ N: 4 }]);
      expect(program === null).toBe(diagnostics.length > 0);
    }),
    { numRuns: Number(process.env["FUZZ"] ?? 400) },
  );
});

test("no two draws return the same bits, in one call, in two calls, or in two entries", () => {
  const program = programOf(`
train entry a() { { x: random_bits([8]), y: random_bits([2, 4]) } }
train entry b() { { x: random_bits([8]), y: random_bits([8]) } }
entry c() { { x: random_bits([8]) } }`);
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer(),
      fc.array(fc.constantFrom("a", "b"), { minLength: 1, maxLength: 4 }),
      (seed0, seed1, calls) => {
        const runner = new Runner(program, [seed0, seed1]);
        const draws = [...calls, "c"].flatMap((entry) => Object.values(runner.call(entry)).flat());
        expect(new Set(draws).size).toBe(draws.length);
      },
    ),
    { numRuns: 20 },
  );
});
