import { expect, test } from "vitest";
import { parse, locationOf, type Expr } from "../../dsl/index.ts";
import { showBlock, showExpr, showFile, showItem } from "./sexpr.ts";

function itemOf(text: string) {
  const { file, diagnostics } = parse({ name: "t.dl", text });
  expect(diagnostics).toEqual([]);
  const item = file?.items[0];
  if (!item) throw new Error("no item");
  return item;
}

function blockOf(text: string) {
  const item = itemOf(`fn t() {\n${text}\n}`);
  if (!("body" in item)) throw new Error("no block");
  return item.body;
}

function exprOf(text: string): Expr {
  const [stmt] = blockOf(text).statements;
  if (stmt?.kind !== "expression") throw new Error("no expression");
  return stmt.value;
}

test.each([
  ["a + b * c", "(+ a (* b c))"],
  ["a * b + c", "(+ (* a b) c)"],
  ["a - b - c", "(- (- a b) c)"],
  ["a / b @ c % d", "(% (@ (/ a b) c) d)"],
  ["a ^ b ^ c", "(^ a (^ b c))"],
  ["-x ^ 2", "(- (^ x 2))"],
  ["2 ^ -x", "(^ 2 (- x))"],
  ["2 ^ -x * y", "(* (^ 2 (- x)) y)"],
  ["-a * b", "(* (- a) b)"],
  ["a - -b", "(- a (- b))"],
  ["- -a", "(- (- a))"],
  ["not a == b", "(not (== a b))"],
  ["not a and b or c", "(or (and (not a) b) c)"],
  ["a or b and not not c", "(or a (and b (not (not c))))"],
  ["a < b + 1 and c >= d", "(and (< a (+ b 1)) (>= c d))"],
  ["(a < b) == c", "(== (< a b) c)"],
  ["x |> f |> g(1)", "(|> (|> x f) (call g 1))"],
  ["x + 1 |> f or g", "(|> (+ x 1) (or f g))"],
  ["(a + b) * c", "(* (+ a b) c)"],
  ["f(x)(y).z[0]", "(at (. (call (call f x) y) z) 0)"],
  ["-f(x).y", "(- (. (call f x) y))"],
  ["f(x, axis: -1, over: ..S)", "(call f x axis=(- 1) over=..S)"],
  ["f(..S)", "(call f ..S)"],
  ["f(if: 1, over: state, not: true)", "(call f if=1 over=state not=true!)"],
  ["x.if.and.over", "(. (. (. x if) and) over)"],
  ["f(\n  1,\n  2,\n)", "(call f 1 2)"],
  ["f()", "(call f)"],
  ["[1, ..S, 2 * H,]", "[1 ..S (* 2 H)]"],
  ["[]", "[]"],
  ["(a, b, (c, d))", "(tuple a b (tuple c d))"],
  ["(a)", "a"],
  ["x[0, 1:, :2, a:b, :, .., _, _ + 1]", "(at x 0 1: :2 a:b : .. _ (+ _ 1))"],
  ["x[1:..]", null],
  ["{ loss, accuracy: a }", "{loss=loss accuracy=a}"],
  ["{\n loss,\n accuracy:\n a,\n}", "{loss=loss accuracy=a}"],
  ["{ if: 1, state }", "{if=1 state=state}"],
  ["{}", "{}"],
  ["1_000", "1000"],
  ["1e-3", "0.001f"],
  ["1.5", "1.5f"],
  ["2E4", "20000f"],
  ["3.x", "(. 3 x)"],
  ['"a \\"b\\" \\\\ \\n"', '"a \\"b\\" \\\\ \\n"'],
  ["true and false", "(and true! false!)"],
  ["if a { b }", "(if a <b>)"],
  ["if a { b } else { c } |> f", "(|> (if a <b> <c>) f)"],
  ["if a { b } else if c { d } else { e }", "(if a <b> <(if c <d> <e>)>)"],
  ["if a { b }\nelse { c }", "(if a <b> <c>)"],
  ["if a { { b } }", "(if a <{b=b}>)"],
  ["repeat 8 { x |> f }", "(repeat 8 <(|> x f)>)"],
  ["repeat i in 2 * n { x }", "(repeat i in (* 2 n) <x>)"],
  ["repeat in in in { x }", "(repeat in in in <x>)"],
  ["scan xt in x along T { yield xt }", "(scan xt in x along T () <yield xt>)"],
  [
    "scan (a, (b, c)) in x, d in y along 0 reversed carry h = 0, c = f(h) { h }",
    "(scan (a (b c)) in x, d in y along 0 reversed (h = 0, c = (call f h)) <h>)",
  ],
  ["scan t along 10 carry h = 0 { next h = t }.h", "(. (scan t along 10 (h = 0) <next h = t>) h)"],
  ["scan x in scan\n along along\n carry scan = x {\n yield x\n}", "(scan x in scan along along (scan = x) <yield x>)"],
  [
    "while carry i = 0\n until i > 3 { next i = i + 1\n next j = next i }",
    "(while (i = 0) until (> i 3) <next i = (+ i 1); next j = (next i)>)",
  ],
  ["cond p { a } else { b }", "(cond p <a> <b>)"],
  ["cond (p) and -q { a } else cond not p { b } else { c }", "(cond (and p (- q)) <a> <(cond (not p) <b> <c>)>)"],
  ["cond -next h < 0 { a } else { b }", "(cond (< (- (next h)) 0) <a> <b>)"],
  ["cond(p) + cond[0] - cond", "(- (+ (call cond p) (at cond 0)) cond)"],
  ["if cond { a }", "(if cond <a>)"],
  ["scan(x) + scan - scan[1]", "(- (+ (call scan x) scan) (at scan 1))"],
  ["next(x) + next - f(next, next: next)", "(- (+ (call next x) next) (call f next next=next))"],
  ["next h(x).y", "(. (call (next h) x) y)"],
  ["checkpoint { a } + checkpoint", "(+ (checkpoint <a>) checkpoint)"],
  ["for i in 2 * n { i } |> concat", "(|> (for i in (* 2 n) <i>) concat)"],
  ["along + carry * until(reversed)", "(+ along (* carry (call until reversed)))"],
  ["where(where, test, setting) + freeze - gradient", "(- (+ (call where where test setting) freeze) gradient)"],
  ["repeat over { x }", "(repeat over <x>)"],
])("%j", (text, shape) => {
  if (shape === null) expect(parse({ name: "t.dl", text: `fn t() = ${text}` }).diagnostics).toHaveLength(1);
  else expect(showExpr(exprOf(text))).toBe(shape);
});

test.each([
  ["a\nb", "<a; b>"],
  ["\n\n  a\n\n\n  b\n", "<a; b>"],
  ["a\n  |> f\n  |> g", "<(|> (|> a f) g)>"],
  ["a +\n b", "<(+ a b)>"],
  ["a\n + b\n * c", "<(+ a (* b c))>"],
  ["a\n and b", "<(and a b)>"],
  ["a\n- b", "<a; (- b)>"],
  ["a\n(b)", "<a; b>"],
  ["a\n[b]", "<a; [b]>"],
  ["f(a\n- b)", "<(call f (- a b))>"],
  ["a // one\n// two\n  |> f // three", "<(|> a f)>"],
  ["let x =\n 3", "<let x = 3>"],
  ["freeze A.b, C\nfreeze <- 1\nfreeze(x)", "<freeze (. A b), C; freeze <- 1; (call freeze x)>"],
  ["next h = h + 1\nnext h\nnext\nlet next = next", "<next h = (+ h 1); (next h); next; let next = next>"],
  ['assert a == b\nassert not c, "words"', '<assert (== a b); assert (not c), "words">'],
  ["yield (a, b)\nyield -a", "<yield (tuple a b); yield (- a)>"],
  [
    "minimize next over M with next\nminimize cond over scan with checkpoint",
    "<minimize next over M with next; minimize cond over scan with checkpoint>",
  ],
  ["let (a, (b, _)) = c", "<let (a (b _)) = c>"],
  ["param w: f32[K, units] = glorot_uniform", "<param w: f32[K units] = glorot_uniform>"],
  ["state t: f32 = 0\nt <- t + 1", "<state t: f32 = 0; t <- (+ t 1)>"],
  ["param x: [int]\nparam y: fn\nparam z: f32[]", "<param x: [int]; param y: fn; param z: f32[]>"],
  ["state <- state + param", "<state <- (+ state param)>"],
  ["param param: f32\nstate state: f32", "<param param: f32; state state: f32>"],
  ["dim + over\nentry(model)\ntrain", "<(+ dim over); (call entry model); train>"],
  ["let x = if train { f(x, over: ..S) } else { (a, b) }", "<let x = (if train <(call f x over=..S)> <(tuple a b)>)>"],
  ["if train {\n a <- b\n c <- d\n}\ne", "<(if train <a <- b; c <- d>); e>"],
  ["f(if a {\n b\n c\n} else { d })", "<(call f (if a <b; c> <d>))>"],
  ["x.and\ny", "<(. x and); y>"],
  ["minimize loss over A with sgd(0.1)", "<minimize loss over A with (call sgd 0.1f)>"],
  [
    "minimize a + b over A, B.c with clip(1.0)\n |> adam(lr: 1e-3)",
    "<minimize (+ a b) over A, (. B c) with (call clip 1f), (call adam lr=0.001f)>",
  ],
  ["minimize over over over with with", "<minimize over over over with with>"],
  ["let a = 1\r\nlet b = 2", "<let a = 1; let b = 2>"],
])("statements %j", (text, shape) => {
  expect(showBlock(blockOf(text))).toBe(shape);
});

test.each([
  ["dim N, M", "dim N M"],
  ["dim N, T = 4 * N", "dim N T = (* 4 N)"],
  ["let (a, b) = (1, 2)", "let (a b) = (tuple 1 2)"],
  ["entry f(w: Net, g: params(Net)) { w }", "entry f(w: Net, g: (params Net)) <w>"],
  ["optimizer opt = adam", "optimizer opt = adam"],
  ["optimizer optimizer = clip(1.0)\n  |> adam(lr: lr)", "optimizer optimizer = (call clip 1f) |> (call adam lr=lr)"],
  ["model A(x: f32[N, 3]) -> f32[N] { x }", "model A()(x: f32[N 3]) -> f32[N] <x>"],
  ["model A(x: f32[N]) = x", "model A()(x: f32[N]) <x>"],
  ["model A(x: f32[N])\n  = x |> f", "model A()(x: f32[N]) <(|> x f)>"],
  ["model A(x: f32[N])\n{ x }", "model A()(x: f32[N]) <x>"],
  ["model A() = { x }", "model A()() <{x=x}>"],
  ["model A() { { x } }", "model A()() <{x=x}>"],
  ["model A() { }", "model A()() <>"],
  [
    "layer d(units: int, bias: bool = true)(x: f32[..B, K]) -> f32[..B, units] = x",
    "layer d(units: int, bias: bool = true!)(x: f32[..B K]) -> f32[..B units] <x>",
  ],
  [
    "fn f(k: [int] = [1, 2],)(\n  x: f32[(H + 2 * p - k) / s + 1],\n) = x",
    "fn f(k: [int] = [1 2])(x: f32[(+ (/ (- (+ H (* 2 p)) k) s) 1)]) <x>",
  ],
  [
    "optimizer sgd(lr: f32)(p: f32[..S], g: f32[..S]) -> f32[..S] = p - lr * g",
    "optimizer sgd(lr: f32)(p: f32[..S], g: f32[..S]) -> f32[..S] <(- p (* lr g))>",
  ],
  ["entry predict(state: f32[N]) { state }", "entry predict(state: f32[N]) <state>"],
  ["train entry entry() = { x }", "train entry entry() <{x=x}>"],
  ["draw entry draw(draw: f32[N]) = draw", "draw entry draw(draw: f32[N]) <draw>"],
  ["setting lr: f32 = 1e-3 in log(1e-5, 1e-1)", "setting lr: f32 = 0.001f in (call log 0.00001f 0.1f)"],
  ["setting setting: int = 3", "setting setting: int = 3"],
  ['test "a \\"b\\"" { assert c }', 'test "a \\"b\\"" <assert c>'],
  [
    'fn f(x: f32[N])\n  where N > 0, "some"\n  where x\n= x\nwith gradient (dy, dz) { dy }',
    'fn f()(x: f32[N]) where (> N 0), "some" where x <x> with gradient (dy dz) <dy>',
  ],
  ["model model(layer: fn) = layer", "model model()(layer: fn) <layer>"],
])("item %j", (text, shape) => {
  expect(showItem(itemOf(text))).toBe(shape);
});

test("a whole file", () => {
  const text =
    'dl 1\nimport { a, b as c, } from "./x.dl"\nimport {\n  d\n} from "./y.dl"\nexport { f, g }\ndim N\nfn f(x: f32) = x\nfn g(x: f32) = x';
  const { file, diagnostics } = parse({ name: "t.dl", text });
  expect(diagnostics).toEqual([]);
  expect(file && showFile(file)).toBe(
    "dl 1\nimport a, b as c from ./x.dl\nimport d from ./y.dl\nexport f, g\ndim N\nfn f()(x: f32) <x>\nfn g()(x: f32) <x>",
  );
});

test("an empty file is a file", () => {
  for (const text of ["", "\n\n", "// nothing", "\ufeff"])
    expect(parse({ name: "t.dl", text })).toMatchObject({ file: { version: null, items: [] }, diagnostics: [] });
});

test("the comments right above a declaration are its doc", () => {
  const doc = (text: string): string => {
    const item = itemOf(text);
    return "doc" in item ? item.doc : "";
  };
  expect(doc("// far\n\n// one\n//  two\nfn f() = x")).toBe("one\n two");
  expect(doc("// one\r\n// two\r\ntrain entry f() = x")).toBe("one\ntwo");
  expect(doc("// apart\n\nfn f() = x")).toBe("");
  expect(doc("fn f() = x // beside")).toBe("");
  const second = parse({ name: "t.dl", text: "fn f() = x // beside\nfn g() = y" }).file?.items[1];
  expect(second).toMatchObject({ name: { text: "g" }, doc: "" });
});

test("spans cover the source text, parentheses of an operand included", () => {
  const text = "fn f() = (a + b) * -c ^ 2 |> g(1)[0]";
  const item = itemOf(text);
  if (!("name" in item && "body" in item)) throw new Error("no block");
  const covered: string[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if ("kind" in value && "span" in value) {
      const { start, end } = value.span as { start: number; end: number };
      covered.push(`${String(value.kind)} ${text.slice(start, end)}`);
    }
    for (const [key, child] of Object.entries(value)) if (!key.endsWith("pan")) walk(child);
  };
  walk(item.body.statements[0]);
  expect(covered).toEqual([
    "expression (a + b) * -c ^ 2 |> g(1)[0]",
    "pipe (a + b) * -c ^ 2 |> g(1)[0]",
    "binary (a + b) * -c ^ 2",
    "binary a + b",
    "name a",
    "name b",
    "unary -c ^ 2",
    "binary c ^ 2",
    "name c",
    "number 2",
    "index g(1)[0]",
    "call g(1)",
    "name g",
    "number 1",
    "at 0",
    "number 0",
  ]);
  expect(locationOf(item.name.span)).toBe("t.dl:1:4");
});
