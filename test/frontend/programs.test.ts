import { expect, test } from "vitest";
import { locationOf } from "../../dsl/span.ts";
import { elaborateText, graphOf, programOf, rendered, run } from "./program.ts";
import { spanOf } from "../../compiler/graph/provenance.ts";

test("imports: names, aliases, files that import files; other names of a file are not visible", () => {
  const files = {
    "./blocks.dl": `import { bias } from "./deep.dl"\nlayer block(k: f32)(x: f32[..S, C]) -> f32[..S, C] = x |> bias |> scaled(k)\nfn secret(x: f32[N]) = x`,
    "./deep.dl": `layer bias()(x: f32[..S, C]) -> f32[..S, C] {\n  param b: f32[C] = ones\n  x + b\n}`,
  };
  const text = `import { block as unit } from "./blocks.dl"
model Net(x: f32[N]) -> f32[N] = x |> unit(2) |> unit(3)
entry f(x: f32[N]) { Net(x) }`;
  const model = run(text, [{ N: 2 }], files);
  expect(model.call("f", { x: [1, 2] })).toEqual({ result: [((1 + 1) * 2 + 1) * 3, ((2 + 1) * 2 + 1) * 3] });
  expect(model.program.persistent.map((p) => p.path)).toContain("Net.block1.bias1.b");
  expect(rendered(elaborateText(text.replace("Net(x) }", "secret(x) }"), [{ N: 2 }], files))).toContain(
    "unknown name `secret`",
  );
});

test("a user's definition shadows the library in the user's file, but not inside the library", () => {
  const model = run(
    `fn relu(x: f32[..S]) -> f32[..S] = x * 10
fn shifted(x: f32[..S]) -> f32[..S] = x
entry f(x: f32[2]) { { mine: relu(x), library: softmax(x) } }`,
  );
  const { mine, library = [] } = model.call("f", { x: [-1, 1000] });
  expect(mine).toEqual([-10, 10000]);
  expect(library[1]).toBe(1);
});

test("nodes of library layers have the location of the user's call", () => {
  const text = `model Net(x: f32[N, 3]) -> f32[N, 2] {
  x
    |> dense(4)
    |> relu
    |> dense(2)
}
entry f(x: f32[N, 3]) { Net(x) }`;
  const program = programOf(text, [{ N: 2 }]);
  const locations = graphOf(program, "f").nodes.flatMap((node) =>
    [spanOf(node)].flatMap((span) => (span === null ? [] : [`${node.op.name} ${locationOf(span)}`])),
  );
  expect(locations).toContain("dot test.dl:3:8");
  expect(locations).toContain("max test.dl:4:8");
  expect(locations).toContain("param test.dl:5:8");
  expect(locations.filter((p) => p.includes("std/"))).toEqual([]);
  expect(
    graphOf(program, "init")
      .nodes.flatMap((node) => spanOf(node) ?? [])
      .map(locationOf)
      .filter((p) => p.includes("std/")),
  ).toEqual([]);
});

test("only the requested entries are elaborated", () => {
  const text = "entry f(x: f32[N]) { x * 2 }\nentry g(x: f32[M]) { x * 2 }";
  const { program } = elaborateText(text, [{ N: 2 }], {}, ["f"]);
  expect(program?.entries.map((e) => e.graph.name)).toEqual(["f", "init"]);
  expect(elaborateText(text, [{ N: 2 }]).diagnostics.map((d) => d.code)).toEqual(["E0306"]);
});

test("a dim without a size is reported once, and the dims without one are listed", () => {
  const text =
    "model Net(x: f32[N, K]) = x |> dense(2)\ntrain entry f(x: f32[N, K], y: f32[N]) {\n  minimize mean(Net(x)) over Net with sgd(lr: 1)\n}\nentry g(x: f32[N, K]) { Net(x) }";
  const { diagnostics, openDims } = elaborateText(text, [{}]);
  expect(diagnostics.map((d) => d.says)).toEqual([
    "the size of dim `N` is not given",
    "the size of dim `K` is not given",
  ]);
  expect(openDims).toEqual(["N", "K"]);
  expect(elaborateText(text, [{ N: 2, unused: 7 }]).openDims).toEqual(["K"]);
});

test("an error in a model is reported once, for any number of entries and sets of dims", () => {
  const text = `model Net(x: f32[N, 3]) = relu(x) @ zeros([4, 2])
entry f(x: f32[N, 3]) { Net(x) }
entry g(x: f32[N, 3]) { Net(x) + Net(x) }`;
  expect(elaborateText(text, [{ N: 1 }, { N: 2 }]).diagnostics.map((d) => d.code)).toEqual(["E0305"]);
});

test("independent errors are all reported, their consequences are not", () => {
  const { diagnostics } = elaborateText(`entry f(x: f32[3], k: i32[3]) {
  let a = x + k
  let b = a * 2 + a[7] |> relu
  let c = nowhere(b)
  let d = x[5]
  { a, b, c, d, e: x @ x[:2] }
}`);
  expect(diagnostics.map((d) => d.code)).toEqual(["E0303", "E0201", "E0311", "E0305"]);
});

test("a model inside a model keeps its own path, and training the outer one trains both", () => {
  const model = run(`
model Inner(x: f32[]) -> f32[] {
  param w: f32[] = 2
  w * x
}
model Outer(x: f32[]) -> f32[] {
  param v: f32[] = 3
  Inner(x) * v
}
train entry both(x: f32[]) {
  minimize Outer(x) over Outer with sgd(lr: 1)
}
train entry inner(x: f32[]) {
  minimize Outer(x) over Inner with sgd(lr: 1)
}`);
  model.call("inner", { x: [1] });
  expect([model.state("Inner.w"), model.state("Outer.v")]).toEqual([[-1], [3]]);
  model.call("both", { x: [1] });
  expect([model.state("Inner.w"), model.state("Outer.v")]).toEqual([[-4], [4]]);
});

test("functions as arguments, partial application, lists and conditions", () => {
  const model = run(`
fn twice(f: fn)(x: f32[..S]) -> f32[..S] = x |> f |> f
fn chain(n: int)(x: f32[..S]) -> f32[..S] = if n == 0 { x } else { chain(n - 1)(x) + 1 }
fn weights(n: int) = map(weight, range(n))
fn weight(k: int) = if k % 2 == 0 and not (k == 0) { 1 } else if k == 0 { 5 } else { -1 }
entry f(x: f32[2]) {
  let triple = scaled(3)
  { nine: x |> twice(triple), plus: chain(4)(x), sum: x * fold(add, weights(4)), last: weights(3)[-1], count: len(weights(4)[1:]) }
}`);
  expect(model.call("f", { x: [1, 2] })).toEqual({ nine: [9, 18], plus: [5, 6], sum: [4, 8], last: [1], count: [3] });
});

test("static arithmetic: ints stay ints only where nothing is lost", () => {
  const model = run(`
entry f() { { half: 1 / 2, two: 4 / 2, floor: floor(7 / 2), power: 2 ^ 10, small: 2 ^ -1, rest: 7 % 4, root: sqrt(2.0), most: max(3, 4), text: "a" == "a" } }`);
  const out = model.call("f");
  expect(out).toMatchObject({
    half: [0.5],
    two: [2],
    floor: [3],
    power: [1024],
    small: [0.5],
    rest: [3],
    most: [4],
    text: [1],
  });
  expect(out.root?.[0]).toBeCloseTo(Math.SQRT2, 6);
});

test("a file with an export list lets nothing else be imported; its own declarations see everything", () => {
  const parts =
    "export { outer }\nfn outer(x: f32[..S]) -> f32[..S] = inner(x)\nfn inner(x: f32[..S]) -> f32[..S] = 2 * x";
  const using = (name: string): string => `import { ${name} } from "./parts.dl"\nentry f(x: f32[2]) { ${name}(x) }`;
  expect(run(using("outer"), [{}], { "./parts.dl": parts }).call("f", { x: [1, 2] })).toEqual({ result: [2, 4] });
  const [refused] = elaborateText(using("inner"), [{}], { "./parts.dl": parts }).diagnostics;
  expect(refused).toMatchObject({ code: "E0203", help: "it exports outer" });
});

test("a helper of the library is a free name in a program, and cannot be imported", () => {
  const own = "fn hidden(x: f32[..S]) -> f32[..S] = 3 * x\nentry f(x: f32[2]) { hidden(x) }";
  expect(run(own).call("f", { x: [1, 2] })).toEqual({ result: [3, 6] });
  const codes = (text: string): readonly string[] => elaborateText(text).diagnostics.map((d) => d.code);
  expect(codes("entry f(x: f32[2]) { shifted(x) }")).toEqual(["E0201"]);
  expect(codes('import { shifted } from "std/activations.dl"\nentry f(x: f32[2]) { shifted(x) }')).toEqual(["E0203"]);
});
