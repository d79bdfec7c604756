import { expect, test } from "vitest";
import { elaborateText, graphOf, programOf, run } from "./program.ts";

const shapeOf = (text: string, dims: Readonly<Record<string, number>> = {}): string =>
  `${graphOf(programOf(text, [dims]), "f").outputs[0]?.value.type.shape.join(",")}`;

test.each([
  ["a default size", "dim T = 16\nentry f(x: f32[T]) { x }", {}, "16"],
  ["a given size", "dim T = 16\nentry f(x: f32[T]) { x }", { T: 3 }, "3"],
  ["a size by other sizes", "dim N, H = 4 * T, T = 2\nentry f(x: f32[N, H]) { x }", { N: 1 }, "1,8"],
  ["a size by a constant", "let heads = 2\ndim D = 8 * heads\nentry f(x: f32[D]) { x }", {}, "16"],
  ["an int in the body", 'dim T = 3\nentry f(x: f32[2]) { rearrange(zeros([T, T * 2]), "a b -> b a") }', {}, "6,3"],
  ["a list of ints", "let sizes = [2, T]\ndim T = 3\nentry f(x: f32[6]) { reshape(x, sizes) }", {}, "2,3"],
  ["unpacked", "let (a, b) = (2, 3)\nentry f(x: f32[6]) { reshape(x, [b, a]) }", {}, "3,2"],
  ["a record", "let config = { width: 5, deep: [1, 2] }\nentry f(x: f32[N]) { zeros([config.width]) }", { N: 1 }, "5"],
  [
    "a size in a signature",
    "let width = 4\nfn g(x: f32[N, width]) = x\nentry f(x: f32[N, 4]) { g(x) }",
    { N: 1 },
    "1,4",
  ],
  ["a size of an input", "let width = 4\nentry f(x: f32[N, 2 * width]) { x }", { N: 1 }, "1,8"],
  [
    "the name of an axis",
    'let T = 4\nfn g(x: f32[N, T]) -> f32[T, N] = rearrange(x, "n t -> t n")\n' +
      "entry f(x: f32[N, T]) { (scan a in x along T { yield sum(a) }) + scan a in g(x) along T { yield sum(a) } }",
    { N: 1 },
    "4",
  ],
  ["no int", "let width = relu\nfn g(x: f32[N, width]) = x\nentry f(x: f32[N, 4]) { g(x) }", { N: 1 }, "1,4"],
  ["a parameter of its name", "let w = 4\nfn g(w: int)(x: f32[w]) = x\nentry f(x: f32[3]) { g(3)(x) }", {}, "3"],
  ["a number for a tensor", "let w = 4\nfn g(x: f32[w]) = x\nentry f(x: f32[3]) { g(1) }", {}, "4"],
])("%s", (_, text, dims, expected) => {
  expect(shapeOf(text, dims)).toBe(expected);
});

test.each([
  ["a parameter", "fn g(x: f32[N, w]) = x", "expected f32[N, w] for `x` of `g`, found f32[2, 3]"],
  ["an expression", "fn g(x: f32[N, 2 * w]) = x", "expected f32[N, 2 * w] for `x` of `g`, found f32[2, 3]"],
  ["a model", "model g(x: f32[N, w]) = x |> dense(w)", "expected f32[N, w] for `x` of `g`, found f32[2, 3]"],
  ["a list", "fn g(x: [f32[N, w]]) = x[0]", "expected f32[N, w] for `x[0]`, found f32[2, 3]", "[x]"],
  ["a result", "fn g(x: f32[N, C]) -> f32[N, w] = x", "expected f32[N, w] for the result of `g`, found f32[N=2, C=3]"],
])("a constant is the size in %s", (_, declaration, says, argument = "x") => {
  const { diagnostics } = elaborateText(`let w = 4\n${declaration}\nentry f(x: f32[2, 3]) { g(${argument}) }`);
  expect(diagnostics.map((each) => each.says)).toEqual([says]);
});

test("a constant in the type of an input is no dim", () => {
  const { known } = elaborateText("let w = 4\nentry f(x: f32[N, w]) { x }", [{ N: 2 }]);
  expect(known).toEqual(["N"]);
});

test("numbers and functions, used above their line", () => {
  const text = `entry f(x: f32[2]) { shrink(scale * x) }
let shrink = fn (x) = relu(x) / 2
let scale = 4 * half
let half = 0.5`;
  expect(run(text).call("f", { x: [-3, 3] })["result"]).toEqual([0, 3]);
});

test("a constant with layers has params at each use, like a layer", () => {
  const text = `let enc = dense(3) |> tanh
model A(x: f32[2, 3]) = x |> enc |> enc
model B(x: f32[2, 3]) = x |> enc
entry f(x: f32[2, 3]) { A(x) + B(x) }`;
  const paths = programOf(text).persistent.flatMap(({ kind, path }) => (kind === "param" ? [path] : []));
  expect(paths).toEqual(["A.enc", "A.enc2", "B.enc"].flatMap((path) => [`${path}.dense1.w`, `${path}.dense1.b`]));
});

test("constants are imported; the default size of the importing file is that of all files", () => {
  const files = { "./a.dl": "dim T = 8\nlet twice = 2 * T\nfn ones_of() = ones([twice])" };
  const text = 'import { ones_of, twice } from "./a.dl"\ndim T = 5\nentry f(x: f32[T]) { ones_of() * twice }';
  const program = programOf(text, [{}], files);
  expect(graphOf(program, "f").outputs[0]?.value.type.shape).toEqual([10]);
});

test("an entry is compiled once for a size that is given and is the default", () => {
  const text = "dim T = 4\nentry f(x: f32[T]) { x }";
  const sizes = (variants: readonly Readonly<Record<string, number>>[]): unknown =>
    programOf(text, variants).entries.flatMap(({ graph, dims }) => (graph.name === "f" ? [dims] : []));
  expect(sizes([{}, { T: 8 }, { T: 4 }])).toEqual([{ T: 4 }, { T: 8 }]);
  expect(sizes([{ T: 4 }, {}])).toEqual([{ T: 4 }]);
});

test("a size that is not an int", () => {
  const { diagnostics } = elaborateText("dim T = 3, H = T / 2\nentry f(x: f32[H]) { x }");
  expect(diagnostics.map(({ says }) => says)).toEqual([
    "the size of dim `H` must be an int of at least 1, found the number 1.5",
  ]);
});
