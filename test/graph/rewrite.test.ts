import fc from "fast-check";
import { expect, test } from "vitest";
import { locationOf } from "../../dsl/span.ts";
import { expandGradients } from "../../compiler/graph/autodiff.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import { rewrite, rule, ruleSet, type Match, type RuleText } from "../../compiler/graph/rules/rewrite.ts";
import { verify } from "../../compiler/graph/verify.ts";
import { spanOf } from "../../compiler/graph/provenance.ts";
import { ops } from "../../compiler/ops/table.ts";
import { choices, gradientGraph, randomData } from "./random-graph.ts";

/**
 * The body of a graph with inputs `%x: f32[2,3]`, `%y: f32[2,3]`, `%i: i32[2]` after the rules, one node per line,
 * without padding.
 */
function after(rules: readonly (RuleText | string)[], ...body: readonly string[]): readonly string[] {
  const text = `graph g(%x: f32[2,3], %y: f32[2,3], %i: i32[2])\n${body.map((line) => `  ${line}\n`).join("")}`;
  const graph = rewrite(parseGraph(text, ops), ruleSet(ops, rules));
  verify(graph);
  return printGraph(graph)
    .split("\n")
    .slice(1, -1)
    .map((line) => line.trim().replaceAll(/ +/g, " "));
}

test("a rule replaces the nodes that it matches, and unused nodes are removed", () => {
  expect(
    after(
      ["neg(neg(x)) => x"],
      "%0 = neg %x : f32[2,3]",
      "%1 = neg %0 : f32[2,3]",
      "%2 = exp %1 : f32[2,3]",
      "return z=%2",
    ),
  ).toEqual(["%0 = exp %x : f32[2,3]", "return z=%0"]);
});

test("string and number attributes are literals in rules, as in graphs", () => {
  const rules = [
    'neg(param(){path="a", ..s}) => param(){path="b", ..s}',
    "neg(constant(){values=[0.5,-inf], ..s}) => constant(){values=[-0.5,inf], ..s}",
  ];
  const body = [
    '%0 = param "a" : f32[2]',
    "%1 = neg %0 : f32[2]",
    "%2 = constant [0.5,-inf] : f32[2]",
    "%3 = neg %2 : f32[2]",
    "%4 = neg %3 : f32[2]",
  ];
  expect(after(rules, ...body, "return p=%1, c=%3")).toEqual([
    '%b = param "b" : f32[2]',
    "%0 = constant [-0.5,inf] : f32[2]",
    "return p=%b, c=%0",
  ]);
  const other = ['%c = param "c" : f32[2]', "%0 = neg %c : f32[2]", "return p=%0"];
  expect(after(rules, ...other)).toEqual(other);
});

test("infix operators have the usual precedence, and unary minus is neg", () => {
  const body = [
    "%0 = neg %x : f32[2,3]",
    "%1 = mul %y, %0 : f32[2,3]",
    "%2 = sub %x, %1 : f32[2,3]",
    "%3 = div %y, 2 : f32[2,3]",
    "%4 = add %2, %3 : f32[2,3]",
    "return z=%4",
  ];
  const result = [
    "%0 = sub %y, 2 : f32[2,3]",
    "%1 = sub %x, %0 : f32[2,3]",
    "%2 = mul %1, -3 : f32[2,3]",
    "return z=%2",
  ];
  expect(after(["a - b * -a + b / 2 => (a - (b - 2)) * -3"], ...body)).toEqual(result);
  expect(after(["add(sub(a, mul(b, neg(a))), div(b, 2)) => mul(sub(a, sub(b, 2)), -3)"], ...body)).toEqual(result);
});

test("numbers match splat constants of exactly that number, in any dtype", () => {
  const body = [
    "%0 = add %x, -0 : f32[2,3]",
    "%1 = add %0, 0 : f32[2,3]",
    "%2 = mul %1, 1 : f32[2,3]",
    "%3 = mul %i, 1 : i32[2]",
    "return a=%2, b=%3",
  ];
  expect(after(["x + -0 => x", "x * 1 => x"], ...body)).toEqual(["%0 = add %x, 0 : f32[2,3]", "return a=%0, b=%i"]);
  expect(after(["x + 0 => x", "x * 1 => x"], ...body)).toEqual(["%0 = add %x, -0 : f32[2,3]", "return a=%0, b=%i"]);
});

test("numbers on the right have the required type", () => {
  expect(after(["x - x => 0"], "%0 = sub %i, %i : i32[2]", "return z=%0")).toEqual([
    "%0 = constant 0 : i32[2]",
    "return z=%0",
  ]);
  expect(after(["exp(x) => select(gt(x, 0), x, 1)"], "%0 = exp %x : f32[2,3]", "return z=%0")).toEqual([
    "%0 = gt %x, 0 : bool[2,3]",
    "%1 = constant 1 : f32[2,3]",
    "%2 = select %0, %x, %1 : f32[2,3]",
    "return z=%2",
  ]);
});

test("a rule does not fire if the dtype cannot represent its number", () => {
  const body = ["%0 = div %i, 2 : i32[2]", "%1 = div %x, 2 : f32[2,3]", "return a=%0, b=%1"];
  expect(after(["x / 2 => x * 0.5"], ...body)).toEqual([
    "%0 = div %i, 2 : i32[2]",
    "%1 = mul %x, 0.5 : f32[2,3]",
    "return a=%0, b=%1",
  ]);
});

test("a rule does not fire if the types differ or a condition of an op does not hold", () => {
  const body = [
    "%0 = reshape %x {shape=[3,2]} : f32[3,2]",
    "%1 = reshape %0 {shape=[2,3]} : f32[2,3]",
    "return a=%0, b=%1",
  ];
  expect(after(["reshape(x) => x"], ...body)).toEqual([
    "%0 = reshape %x {shape=[3,2]} : f32[3,2]",
    "%1 = reshape %0 {shape=[2,3]} : f32[2,3]",
    "return a=%0, b=%1",
  ]);
  expect(after(["reshape(reshape(x)) => x"], ...body)).toEqual([
    "%0 = reshape %x {shape=[3,2]} : f32[3,2]",
    "return a=%0, b=%x",
  ]);
  const sum = ["%0 = reduce_sum %x {axes=[1]} : f32[2]", "return a=%0"];
  expect(after(["reduce_sum(x){..a} => reduce_sum(transpose(x){perm=[0]}){..a}"], ...sum)).toEqual(sum);
});

test("attributes are copied, bound by name, compared and computed", () => {
  const twice = [
    "%0 = transpose %x {perm=[1,0]} : f32[3,2]",
    "%1 = reshape %0 {shape=[1,3,2]} : f32[1,3,2]",
    "%2 = transpose %1 {perm=[2,0,1]} : f32[2,1,3]",
  ];
  const chain = [...twice, "%3 = transpose %2 {perm=[1,2,0]} : f32[1,3,2]", "return z=%3"];
  const compose = rule("transpose(transpose(x){perm=p}){perm=q} => transpose(x){perm=r}", {
    computed: { r: (m) => m.ints("q").map((axis) => m.ints("p")[axis] ?? 0) },
  });
  expect(after([compose], ...chain).slice(2)).toEqual(["%2 = transpose %1 {perm=[0,1,2]} : f32[1,3,2]", "return z=%2"]);
  expect(after(["transpose(x){perm=[0,1,2]} => x", compose], ...chain).slice(1)).toEqual([
    "%1 = reshape %0 {shape=[1,3,2]} : f32[1,3,2]",
    "return z=%1",
  ]);
  expect(
    after(
      ["neg(reduce_sum(x){axes}) => reduce_sum(-x){axes}"],
      "%0 = reduce_sum %x {axes=[1]} : f32[2]",
      "%1 = neg %0 : f32[2]",
      "return z=%1",
    ),
  ).toEqual(["%0 = neg %x : f32[2,3]", "%1 = reduce_sum %0 {axes=[1]} : f32[2]", "return z=%1"]);
  const sums = [
    "%0 = reduce_sum %x {axes=[1]} : f32[2]",
    "%1 = reduce_sum %y {axes=[1]} : f32[2]",
    "%2 = add %0, %1 : f32[2]",
    "return z=%2",
  ];
  expect(after(["reduce_sum(x){..a} + reduce_sum(y){..a} => reduce_sum(x + y){..a}"], ...sums)).toEqual([
    "%0 = add %x, %y : f32[2,3]",
    "%1 = reduce_sum %0 {axes=[1]} : f32[2]",
    "return z=%1",
  ]);
  const never = rule("reduce_sum(x){axes=a} => reduce_sum(x){axes=b}", { computed: { b: () => null } });
  expect(after([never], ...sums)).toEqual(sums);
});

test("a repeated name matches the same value only", () => {
  const body = ["%0 = sub %x, %y : f32[2,3]", "%1 = sub %y, %y : f32[2,3]", "return a=%0, b=%1"];
  expect(after(["x - x => 0"], ...body)).toEqual([
    "%0 = sub %x, %y : f32[2,3]",
    "%1 = constant 0 : f32[2,3]",
    "return a=%0, b=%1",
  ]);
});

test("guards can read bindings and their other uses", () => {
  const body = [
    "%0 = exp %x : f32[2,3]",
    "%1 = neg %0 : f32[2,3]",
    "%2 = exp %y : f32[2,3]",
    "%3 = neg %2 : f32[2,3]",
    "return a=%1, b=%2, c=%3",
  ];
  expect(after([rule("neg(e: exp(x)) => -1 * exp(x)", (m) => m.onlyUse("e"))], ...body)).toEqual([
    "%0 = exp %x : f32[2,3]",
    "%1 = mul -1, %0 : f32[2,3]",
    "%2 = exp %y : f32[2,3]",
    "%3 = neg %2 : f32[2,3]",
    "return a=%1, b=%2, c=%3",
  ]);
  const swap = rule("c + x => x + c", (m) => m.splat("c") !== null && m.splat("x") === null);
  expect(after([swap], "%0 = add 2, %x : f32[2,3]", "%1 = add %0, 3 : f32[2,3]", "return a=%1")).toEqual([
    "%0 = add %x, 2 : f32[2,3]",
    "%1 = add %0, 3 : f32[2,3]",
    "return a=%1",
  ]);
});

test("onlyUse counts uses that earlier rewrites of the same sweep created", () => {
  const alone = rule("sin(e: exp(x)) => cos(exp(x))", (m) => m.onlyUse("e"));
  const merged = [
    "%0 = exp %x : f32[2,3]",
    "%1 = neg %0 : f32[2,3]",
    "%2 = neg %1 : f32[2,3]",
    "%3 = sin %2 : f32[2,3]",
    "return a=%2, b=%3",
  ];
  expect(after(["neg(neg(x)) => x", alone], ...merged)).toEqual([
    "%0 = exp %x : f32[2,3]",
    "%1 = sin %0 : f32[2,3]",
    "return a=%0, b=%1",
  ]);
  const square = rule("e: exp(x) * y => neg(y)", (m) => m.onlyUse("e"));
  const copied = ["%0 = exp %x : f32[2,3]", "%1 = abs %0 : f32[2,3]", "return a=%1"];
  expect(after(["abs(x) => x * x", square], ...copied)).toEqual([
    "%0 = exp %x : f32[2,3]",
    "%1 = mul %0, %0 : f32[2,3]",
    "return a=%1",
  ]);
});

test("a pattern of a variadic op matches calls with the same number of operands", () => {
  const body = [
    "%0 = concat %x, %y, %y {axis=0} : f32[6,3]",
    "%1 = concat %x, %y {axis=0} : f32[4,3]",
    "%2 = concat %x {axis=0} : f32[2,3]",
    "return a=%0, b=%1, c=%2",
  ];
  const matched: (readonly number[])[] = [];
  const watch = (m: Match): boolean => matched.push(m.root.type.shape) < 0;
  expect(after([rule("concat(x, y){..a} => concat(y, x){..a}", watch)], ...body)).toEqual(body);
  expect(matched).toEqual([[4, 3]]);
});

test("results of rules are rewritten until no rule fires", () => {
  const body = [
    "%0 = neg %x : f32[2,3]",
    "%1 = sub %y, %0 : f32[2,3]",
    "%2 = add %1, 0 : f32[2,3]",
    "%3 = neg %2 : f32[2,3]",
    "%4 = neg %3 : f32[2,3]",
    "return z=%4",
  ];
  const set = ruleSet(ops, ["x - y => x + neg(y)", "neg(neg(x)) => x", "x + 0 => x", "x * 1 => x"]);
  const graph = rewrite(parseGraph(`graph g(%x: f32[2,3], %y: f32[2,3])\n${body.join("\n")}`, ops), set);
  expect(printGraph(graph)).toBe("graph g(%x: f32[2,3], %y: f32[2,3])\n  %0 = add %y, %x : f32[2,3]\n  return z=%0\n");
  expect(set.rules.map(({ fired }) => fired)).toEqual([1, 2, 1, 0]);
});

test("new nodes keep the span and the stage of the nodes that they replace", () => {
  const text = 'graph g()\n %p = param "p" : f32[2]\n %0 = sub %p, %p : f32[2] @weights # a.dl:4:2\n return z=%0';
  const graph = rewrite(parseGraph(text, ops), ruleSet(ops, ["x - y => x + neg(y)"]));
  expect(
    graph.nodes
      .map((node) => [node, spanOf(node)] as const)
      .map(([{ op, notes }, span]) => [op.name, span && locationOf(span), notes.stage]),
  ).toEqual([
    ["param", null, undefined],
    ["neg", "a.dl:4:2", "weights"],
    ["add", "a.dl:4:2", "weights"],
  ]);
});

test("a graph in which no rule fires is returned unchanged", () => {
  const graph = parseGraph("graph g(%x: f32[2])\n %0 = neg %x : f32[2]\n return z=%0", ops);
  expect(rewrite(graph, ruleSet(ops, ["exp(x) => x"]))).toBe(graph);
});

test.each([
  ["foo(x) => x", "unknown op foo"],
  ["neg(x, y) => x", "neg takes 1 operands, not 2"],
  ["neg(x) => y", "the left side does not bind y"],
  ["x => x", "the left side is not an op"],
  ["1 => 1", "the left side is not an op"],
  ["neg(x)", "expected =>, found the end"],
  ["neg(x) => x x", "expected the end of the rule, found x"],
  ["neg(x) => 1 + 2", "add has no operand that determines the type of its numbers"],
  ["neg(x){axis} => x", "neg has no attribute axis"],
  ["reshape(x) => reshape(x)", "reshape needs the attribute shape"],
  ["neg(x) => reshape(x){..s}", "the left side does not bind ..s"],
  ["neg(x) => reshape(x){shape}", "the left side does not bind the attribute shape"],
  ["reduce_sum(x){..a} => reshape(x){..a}", "..a carries axes, which reshape does not have"],
  ["argmax(x){axis} => reduce_sum(x){axes=axis}", "axis is int; reduce_sum needs ints"],
  ["neg(x) => y: neg(x)", "y: names nothing on the right side"],
  ["neg(y: x) => x", "y: names no op"],
])("the rule %s is an error when it is loaded", (text, message) => {
  expect(() => ruleSet(ops, [text])).toThrow(`the rule "${text}": ${message}`);
});

test("rules that do not terminate are reported", () => {
  const graph = parseGraph("graph g(%x: f32[2], %y: f32[2])\n %0 = add %x, %y : f32[2]\n return z=%0", ops);
  expect(() => rewrite(graph, ruleSet(ops, ["x + y => y + x"]))).toThrow(
    'the rules do not terminate; the last that fired is "x + y => y + x"',
  );
});

test("exact rules change no bit of random graphs", () => {
  const rules = ruleSet(ops, [
    "x * 1 => x",
    "neg(neg(x)) => x",
    "x - y => x + neg(y)",
    rule("c + x => x + c", (m) => m.splat("c") !== null && m.splat("x") === null),
    rule("c * x => x * c", (m) => m.splat("c") !== null && m.splat("x") === null),
    "reshape(reshape(x)){..s} => reshape(x){..s}",
    rule("transpose(transpose(x){perm=p}){perm=q} => transpose(x){perm=r}", {
      computed: { r: (m) => m.ints("q").map((axis) => m.ints("p")[axis] ?? 0) },
    }),
  ]);
  fc.assert(
    fc.property(choices, fc.nat(1000), (steps, seed) => {
      const before = expandGradients(gradientGraph(steps));
      const options = { ...randomData(before, seed), precision: "f32" } as const;
      const changed = rewrite(before, rules);
      verify(changed);
      expect(evaluate(changed, options)).toEqual(evaluate(before, options));
    }),
    { numRuns: 100, seed: 5 },
  );
  expect(rules.rules.filter(({ fired }) => fired === 0).map(({ text }) => text)).toEqual([]);
});
