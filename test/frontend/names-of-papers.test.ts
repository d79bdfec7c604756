import { expect, test } from "vitest";
import { elaborateText, rendered, run } from "./program.ts";

// Names that a reader of papers tries: each is in the library, or its help names what to write.

const entryOf = (value: string): string => `dl 1
entry f(x: f32[2, 3], y: f32[3], v: f32[2, 3, 2], ids: i32[2, 2], i: i32[]) { { out: ${value} } }
`;

const values: readonly (readonly [string, readonly number[]])[] = [
  ["x[0] * pi", [0, Math.PI, 2 * Math.PI]],
  ["expand(y, [2, 3])", [1, 0, 2, 1, 0, 2]],
  ["tile(y, [2])", [1, 0, 2, 1, 0, 2]],
  ["range_of(4)", [0, 1, 2, 3]],
  ["range_of(3, start: 1, step: -0.5)", [1, 0.5, 0]],
  ["linspace(0, 1, 5)", [0, 0.25, 0.5, 0.75, 1]],
  ['zeros([2], dtype: "i32") + i', [1, 1]],
  ["pick_rows(v, ids)", [2, 3, 0, 1, 10, 11, 10, 11]],
  ["x[:, i:i + 2]", [1, 2, 4, 5]],
  ["cholesky([[4, 2], [2, 10]])", [2, 0, 1, 3]],
  ["inverse([[4, 2], [2, 2]])", [0.5, -0.5, -0.5, 1]],
  ["det([[4, 2], [2, 2]])", [4]],
  ["log_det([[4, 2], [2, 1.25]])", [0]],
  ["variance(y)", [2 / 3]],
  ["std(y, correction: 1)", [1]],
  ["clamp(y, 0.5, 1.5)", [1, 0.5, 1.5]],
  ["min(y, 1)", [1, 0, 1]],
  ["outer(y[:2], y)", [1, 0, 2, 0, 0, 0]],
  ["roll(y, 1)", [2, 1, 0]],
  ["reverse(y, axes: [0])", [2, 0, 1]],
  ["x[:, ::-1]", [2, 1, 0, 5, 4, 3]],
  ["x[:, ::2]", [0, 2, 3, 5]],
  ["cumprod(x, axis: 0)", [0, 1, 2, 0, 4, 10]],
  ["diag(y[:2])", [1, 0, 0, 0]],
  ["tril(x)", [0, 0, 0, 3, 4, 0]],
  ["triu(x, 1)", [0, 1, 2, 0, 0, 5]],
  ["trace(x[:, :2])", [4]],
  ["zeros_like(i) + i", [1]],
  ["ones_like(y) + full_like(y, 2)", [3, 3, 3]],
  ["diff(y)", [-1, 2]],
  ["cummax(y)", [1, 1, 2]],
  ["cummin(y)", [1, 0, 0]],
  ["exp(logcumsumexp(log(x[1])))", [3, 7, 12]],
  ["nan_to_num(y / y)", [1, 0, 1]],
  ["quantile(x, 0.5, axis: 0)", [1.5, 2.5, 3.5]],
  ["median(y)", [1]],
  ["searchsorted(range_of(3), y)", [1, 0, 2]],
  ["bincount(ids, 3)", [1, 1, 2]],
  ["histogram(y, 2, hi: 2)", [1, 2]],
  ["tan(y[:1])", [Math.tan(1)]],
  ["sinh(y)", [Math.sinh(1), 0, Math.sinh(2)]],
  ["cosh(y)", [Math.cosh(1), 1, Math.cosh(2)]],
  ["asinh(-y)", [-Math.asinh(1), 0, -Math.asinh(2)]],
  ["acosh(1 + y)", [Math.acosh(2), 0, Math.acosh(3)]],
  ["atanh(y / 3)", [Math.atanh(1 / 3), 0, Math.atanh(2 / 3)]],
  ["atan(-y)", [-Math.PI / 4, 0, -Math.atan(2)]],
  ["atan2(y, x[0] - 1)", [Math.atan2(1, -1), 0, Math.atan2(2, 1)]],
  ["log2(1 + y)", [1, 0, Math.log2(3)]],
  ["log10(1 + y)", [Math.log10(2), 0, Math.log10(3)]],
  ["categorical(log([0, 1]), shape: [3])", [1, 1, 1]],
  ["randint([2], 8, lo: 7)", [7, 7]],
  ["select(y != y, 1, 0) + zeros([3])", [0, 0, 0]],
  ["reshape(x, [3, -1])[2]", [4, 5]],
  ["segment_max(x, ids[:, 1], 2)", [0, 1, 2, 3, 4, 5]],
  ["(x, y).1", [1, 0, 2]],
  ["x[:, :floor(3 / 2)]", [0, 3]],
  ["fold(add, for (a, b) in [(1, 2), (3, 4)] { a * b * y })", [14, 0, 28]],
  ["fold(add, for (a, b) in zip([1, 2], [3, 4]) { a * b * y })", [11, 0, 22]],
  ["fold(add, for (a, b, c) in zip([1, 2], (3, 4), [1, 0]) { a * b * c * y })", [3, 0, 6]],
  ["fold(add, for (k, a) in enumerate([y, 2 * y, y]) { k * a })", [4, 0, 8]],
  ["stack(for k in range(-1, 2) { k + 0.5 })", [-0.5, 0.5, 1.5]],
  ["y * len(range(3, 1))", [0, 0, 0]],
  ["fold(add, map(fn (a) = 2 * a, [y, y]))", [4, 0, 8]],
];

test.each(values)("%s", (value, expected) => {
  const x = [0, 1, 2, 3, 4, 5];
  const v = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
  const { out } = run(entryOf(value)).call("f", { x, y: [1, 0, 2], v, ids: [1, 0, 2, 2], i: [1] });
  expect(out?.length).toBe(expected.length);
  expected.forEach((number, k) => expect(out?.[k]).toBeCloseTo(number, 5));
});

test.each([
  ["arange(5)", "use `range_of(5)`"],
  ["var(x)", "use `variance(x, axis: 0)`"],
  ["clip(x, 0, 1)", "use `clamp(x, 0, 1)`"],
  ["minimum(x, y)", "use `min(a, b)`"],
  ["maximum(x, y)", "use `max(a, b)`"],
  ["amax(x)", "use `max(x, axis: 0)`"],
  ["flip(x)", "use `reverse(x, axes: [1])`, or `x[:, ::-1]`"],
  ["isnan(x)", "write `x != x`"],
  ["broadcast_to(x, [2, 3])", "use `expand(x, [3, 5])`"],
  ["broadcast(x, [2, 3])", "`expand(x, [3, 5])` repeats x to a shape"],
  ["repeat_interleave(x, 2)", "use `repeat_elements(x, 2, axis: 0)`"],
  ["repeat(x, 2)", "`tile(x, [2, 1])` and `repeat_elements(x, 2, axis: 0)` repeat a tensor"],
  ["x[x > 0]", "select(mask, x, 0) keeps the shape"],
  ["x[:, newaxis]", "use `_` in an index to add an axis"],
  ["len(x)", "`shape(x)[0]` is the size of its first axis"],
  ["x.shape[0]", "write shape(x)"],
  ["dropout(None)(x)", "leave out an argument that is not needed"],
  ["x * True", "use `true`"],
  ["inv(x)", "use `inverse(x)`"],
  ["gather(v, ids)", "`pick_rows(x, index)` rows of each sample"],
  ["take_along(v, ids, axis: 2)", "`pick_rows(x, index)` selects rows of each sample"],
  ["sum(x, dim: 1)", "the parameter is called `axis`"],
  ["x[:, :3 / 2]", "x[:floor(n / 2)]"],
  ["take_along_axis(x, ids, axis: 1)", "use `gather(x, indices, axis: 1)`"],
  ["take_along_dim(x, ids, 1)", "use `gather(x, indices, axis: 1)`"],
  ["take_along(x, ids, axis: 1)", "`gather(x, indices, axis: 1)` selects several elements"],
  ["kthvalue(x, 2)", "use `sort(x).values[.., k - 1]`"],
  ["multinomial(y, 2)", "use `categorical(log(p), shape: [8])`"],
  ["randn_like(x)", "use `normal(shape(x))`"],
  ["bucketize(x, y)", "use `searchsorted(sorted, x)`"],
  ["cdist(x, x)", "use `norm(a[:, _] - b[_, :], axis: -1)`"],
  ["arctan2(x, x)", "use `atan2(y, x)`"],
  ["topk(x, 2)", "did you mean `top_k`?"],
  ["MultiStepLR(0.1)", "use `multi_step(0.1, step, at: [30, 60])`"],
  ["logsumexp(x)", "did you mean `log_sum_exp`?"],
  ["swapaxes(x, 0, 1)", "did you mean `swap_axes`?"],
  ["reshape(x, [4, -1])", "6 elements cannot be divided into parts of 4"],
])("%s: %s", (value, help) => {
  expect(rendered(elaborateText(entryOf(value)))).toContain(help);
});
