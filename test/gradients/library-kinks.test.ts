import { expect, test } from "vitest";
import { present } from "../../compiler/support/invariant.ts";
import { elements } from "../../compiler/types/tensor-type.ts";
import { graphOf, library, programOf } from "../frontend/program.ts";
import { run } from "./subject.ts";

// At corners and ties the doc comment of a declaration defines the gradient.

interface Corner {
  readonly file: string;
  /** Matches the doc comment. */
  readonly doc: RegExp;
  /** An expression of `x`; the gradient of its sum is checked. */
  readonly of: string;
  readonly type: string;
  readonly at: readonly number[];
  readonly expected: readonly number[];
}

const corner = (
  file: string,
  doc: RegExp,
  of: string,
  type: string,
  at: readonly number[],
  expected: readonly number[],
): Corner => ({
  file,
  doc,
  of,
  type,
  at,
  expected,
});

const corners: Readonly<Record<string, Corner>> = {
  relu: corner("activations", /the slope at 0 is 0/, "relu(x)", "f32[3]", [-1, 0, 1], [0, 0, 1]),
  relu6: corner("activations", /slope is 0 at both kinks/, "relu6(x)", "f32[4]", [0, 3, 6, 7], [0, 1, 0, 0]),
  leaky_relu: corner(
    "activations",
    /small slope, which is also the slope at 0/,
    "leaky_relu(x, slope: 0.25)",
    "f32[3]",
    [-1, 0, 1],
    [0.25, 0.25, 1],
  ),
  elu: corner("activations", /the slope at 0 is alpha/, "elu(x, alpha: 0.5)", "f32[2]", [0, 1], [0.5, 1]),
  softplus: corner("activations", /the slope there is 1\/2/, "softplus(x)", "f32[1]", [0], [0.5]),
  hard_sigmoid: corner(
    "activations",
    /slope is 0 at both kinks/,
    "6 * hard_sigmoid(x)",
    "f32[3]",
    [-3, 0, 3],
    [0, 1, 0],
  ),
  hard_swish: corner("activations", /0 at -3 and 1 at 3/, "hard_swish(x)", "f32[3]", [-3, 0, 3], [0, 0.5, 1]),
  hard_tanh: corner("activations", /slope is 0 at both/, "hard_tanh(x)", "f32[3]", [-1, 0, 1], [0, 1, 0]),
  clamp: corner(
    "tensors",
    /gradient is 0 at a limit/,
    "clamp(x, lo: 1, hi: 2)",
    "f32[4]",
    [0, 1, 1.5, 2],
    [0, 0, 1, 0],
  ),
  max_over: corner(
    "tensors",
    /Equal elements share the gradient/,
    "max_over(x)",
    "f32[4]",
    [2, 1, 2, 0],
    [0.5, 0, 0.5, 0],
  ),
  min_over: corner(
    "tensors",
    /Equal elements share the gradient/,
    "min_over(x, axis: 0)",
    "f32[4]",
    [0, 1, 0, 0],
    [1 / 3, 0, 1 / 3, 1 / 3],
  ),
  norm: corner("tensors", /gradient at 0 is 0/, "norm(x, axis: 1)", "f32[2, 2]", [0, 0, 3, 4], [0, 0, 0.6, 0.8]),
  sort: corner(
    "sorting",
    /gradient goes to the original elements/,
    'sort(x)[0] * iota(shape: [4], axis: 0, dtype: "f32")',
    "f32[4]",
    [5, 1, 5, 1],
    [2, 0, 3, 1],
  ),
  top_k: corner("sorting", /receive the gradient/, "top_k(x, k: 2)[0]", "f32[4]", [1, 5, 5, 5], [0, 1, 1, 0]),
  max_pool: corner(
    "pooling",
    /gradient goes to the first of equal ones/,
    "max_pool(x, 2)",
    "f32[1, 4, 1]",
    [3, 3, 1, 1],
    [1, 0, 1, 0],
  ),
  "max_pool with padding": corner(
    "pooling",
    /Padding is ignored/,
    "max_pool(x, 3, stride: 2, padding: 1)",
    "f32[1, 3, 1]",
    [-4, -4, -9],
    [1, 1, 0],
  ),
  global_max_pool: corner(
    "pooling",
    /Equal elements share the gradient/,
    "global_max_pool(x)",
    "f32[1, 4, 1]",
    [3, 3, 1, 1],
    [0.5, 0.5, 0, 0],
  ),
  adaptive_max_pool: corner(
    "pooling",
    /Equal elements share the gradient/,
    "adaptive_max_pool(x, 2)",
    "f32[1, 4, 1]",
    [3, 3, 1, 0],
    [0.5, 0.5, 1, 0],
  ),
  mae: corner("losses", /the gradient at 0 is 0/, "mae(x, ones([3]))", "f32[3]", [0, 1, 2], [-1, 0, 1]),
  huber: corner("losses", /linear beyond/, "huber(x, zeros([3]))", "f32[3]", [0, 1, -1], [0, 1, -1]),
  hinge: corner("losses", /the gradient at the margin is 0/, "hinge(x, ones([3]))", "f32[3]", [0, 1, 2], [-1, 0, 0]),
  soft_threshold: corner(
    "regularisers",
    /slope at both limits is 0/,
    "soft_threshold(x, limit: 1)",
    "f32[4]",
    [-2, -1, 1, 2],
    [1, 0, 0, 1],
  ),
  sum_of_magnitudes: corner(
    "regularisers",
    /the sign, 0 at 0/,
    "sum_of_magnitudes(x)",
    "f32[3]",
    [-1, 0, 1],
    [-1, 0, 1],
  ),
  pairwise_distances: corner(
    "clustering",
    /The gradient is 0 for equal rows/,
    "pairwise_distances(x, zeros([1, 2]))",
    "f32[2, 2]",
    [0, 0, 3, 4],
    [0, 0, 0.6, 0.8],
  ),
};

const names = Object.keys(corners);
const entries = Object.values(corners).map(
  ({ of, type }, i) => `entry at${i}(x: ${type}) {\n  { slope: grad(sum(${of}), x) }\n}`,
);
const program = programOf({ name: "std/kinks.dl", text: entries.join("\n\n") });

test.each(names)("%s documents its gradient at corners, and returns it", (name) => {
  const { file, doc, at, expected } = present(corners[name], name);
  expect(library(`std/${file}.dl`).text).toMatch(doc);
  const graph = graphOf(program, `at${names.indexOf(name)}`);
  const x = present(graph.inputs[0], "x");
  expect(at.length).toBe(elements(x.type.shape));
  const found = present(run(graph, new Map([["x", Float64Array.from(at)]]))[0], "a gradient");
  expected.forEach((slope, i) => expect(found[i], `${name}[${i}]`).toBeCloseTo(slope, 12));
});
