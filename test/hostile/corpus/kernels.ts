import { bad, bytesOf, joined, type Bad } from "../build.ts";

const many = (count: number, item: (index: number) => string, separator = ""): string =>
  Array.from({ length: count }, (_, index) => item(index)).join(separator);
const kernel = (...lines: readonly string[]): string =>
  `kernel k(in a: f32[8], out b: f32[8])\n${lines.map((line) => `  ${line}\n`).join("")}`;
const syntax = (name: string, file: string | Uint8Array, message: string | RegExp): Bad =>
  bad(name, file, "kir-syntax", message);
const naming = (name: string, file: string, message: string): Bad => bad(name, file, "kir-name", message);
const type = (name: string, file: string, message: string): Bad => bad(name, file, "kir-type", message);
const invalid = (name: string, file: string, message: string): Bad => bad(name, file, "kir-invalid", message);
const deep = (depth: number, head: string): string =>
  kernel(many(depth, (i) => `${"  ".repeat(i + 1)}${head}\n`).trim());

export const badKernels: readonly Bad[] = [
  syntax("only a keyword", "kernel", "expected the kernel's name"),
  syntax("another language", "fn main() {}", "expected kernel, found fn"),
  syntax("a kernel cut off in its buffers", "kernel k(in a: f32[8", "expected ]"),
  syntax("a kernel cut off after its head", "kernel k(in a: f32[8])\n", "expected an indented block"),
  syntax("a kernel cut off in an expression", kernel("b[0] = a[0] +"), "expected an expression"),
  syntax("a kernel cut off in a loop", kernel("for i in 0..8"), "expected an indented block"),
  syntax("a kernel cut off in a range", kernel("for i in 0.."), "expected an expression"),
  syntax("an invalid statement", kernel("3 = a[0]"), "expected a statement"),
  syntax("an access of another kind", "kernel k(const a: f32[8])\n  pass\n", "expected in, out or inout"),
  syntax("a broken size", "kernel k(in a: f32[1.5])\n  pass\n", "expected the number of elements, a whole number"),
  syntax(
    "a size past 2^53",
    "kernel k(in a: f32[9007199254740992])\n  pass\n",
    "expected the number of elements, a whole number",
  ),
  syntax("a size of 1e999", "kernel k(in a: f32[1e999])\n  pass\n", "expected the number of elements, a whole number"),
  syntax("a negative size", "kernel k(in a: f32[-1])\n  pass\n", "expected the number of elements"),
  syntax("a broken step", kernel("for i in 0..8 step 0.5", "  pass"), "expected the step, a whole number"),
  syntax("100,000 parentheses", kernel(`b[0] = ${"(".repeat(100_000)}1`), "at most 500 levels deep"),
  syntax(
    "100,000 parentheses and back",
    kernel(`b[0] = ${"(".repeat(100_000)}a[0]${")".repeat(100_000)}`),
    "at most 500 levels deep",
  ),
  syntax("100,000 minus signs", kernel(`b[0] = ${"-".repeat(100_000)}a[0]`), "at most 500 levels deep"),
  syntax("100,000 exclamation marks", kernel(`if ${"!".repeat(100_000)}true`, "  pass"), "at most 500 levels deep"),
  syntax("100,000 splats", kernel(`b[0]:f32x4 = ${"splat ".repeat(100_000)}a[0]`), "at most 500 levels deep"),
  syntax("100,000 calls", kernel(`b[0] = ${"exp(".repeat(100_000)}a[0]`), "at most 500 levels deep"),
  syntax("100,000 indices", kernel(`b[0] = ${"a[".repeat(100_000)}0`), "at most 500 levels deep"),
  syntax("a sum of 100,000", kernel(`b[0] = a[0]${" + 1".repeat(100_000)}`), "at most 500 levels deep"),
  syntax("a sum of 1 MB", kernel(`b[0] = a[0]${"+1".repeat(500_000)}`), "at most 500 levels deep"),
  syntax("1000 nested blocks", deep(1000, "if true"), "blocks may be nested at most 200 deep"),
  syntax(
    "1000 nested loops",
    deep(1000, "for i in 0..1").replaceAll("for i", (_, at: number) => `for i${at}`),
    "blocks may be nested at most 200 deep",
  ),
  syntax("1 MB of one sign", `kernel k${"(".repeat(1_000_000)}`, "expected in, out or inout"),
  syntax("1 MB of one word", "k".repeat(1_000_000), /^expected kernel, found k{80}…$/),
  syntax("unexpected indentation", kernel("pass", "  pass"), "expected a statement, found deeper indentation"),
  naming("an else without if", kernel("else", "  pass"), "unknown name else"),
  bad("NUL", "kernel k(\0)", "kir-token", "unexpected"),
  bad("a letter outside of ASCII", "kernel é()", "kir-token", "unexpected"),
  bad("invalid UTF-8", joined("kernel k(in ", [0xff], ")"), "kir-token", "unexpected"),
  bad("a string", kernel('b[0] = "x"'), "kir-token", "unexpected"),
  bad(
    "inconsistent indentation",
    kernel("if true", "    pass", "   pass"),
    "kir-indent",
    "this indentation matches no enclosing block",
  ),
  naming("a keyword as a name", "kernel k(in for: f32[8])\n  pass\n", "for is a keyword"),
  naming("a buffer twice", "kernel k(in a: f32[8], out a: f32[8])\n  pass\n", "a is already defined"),
  naming("an undefined buffer", kernel("c[0] = 1"), "unknown name c"),
  naming("__proto__", kernel("b[0] = __proto__"), "unknown name __proto__"),
  naming("a function named like a property of Object", kernel("b[0] = toString(a[0])"), "unknown function toString"),
  naming("constructor as a function", kernel("b[0] = constructor(a[0])"), "unknown function constructor"),
  naming("a name after its block", kernel("for i in 0..8", "  b[i] = 1", "b[i] = 1"), "unknown name i"),
  naming("a name in its own value", kernel("let x = x + 1"), "unknown name x"),
  naming("a value that changes", kernel("let x = a[0]", "x = 2"), "x is immutable"),
  type("an unknown element", "kernel k(in a: f64[8])\n  pass\n", "unknown element type f64"),
  type("__proto__ as element", "kernel k(in a: __proto__[8])\n  pass\n", "unknown element type __proto__"),
  type("a number without a type", kernel("let x = 1"), "cannot infer the type of this number"),
  type("a number of another type", kernel("for i in 0..1.5", "  pass"), "this is not a value of i32"),
  type("a position past i32", kernel("b[99999999999] = 1"), "this is not a value of i32"),
  type("NaN as a position", kernel("b[nan] = 1"), "this is not a value of i32"),
  type("operands too many", kernel("b[0] = max(a[0], a[1], a[2])"), "max takes 2 operands, not 3"),
  type("no operands", kernel("b[0] = max()"), "max takes 2 operands, not 0"),
  type("a lane out of range", kernel("b[0] = lane(a[0]:f32x4, 4)"), "lane takes a vector"),
  type("a lane of nothing", kernel("b[0] = lane()"), "lane takes a vector"),
  type("a bool as a number", kernel("b[0] = a[0] + true"), "this is not a value of f32"),
  type("a register of another type", kernel("var s: f64 = 0"), "unknown register type f64"),
  type("a store of another type", kernel("b[0]:i32 = 1"), "b holds f32, which loads as f32"),
  type("a start of another type", kernel("var s: f32 = 1:i32"), "this is i32, not f32"),
  type("a splat of a vector", kernel("b[0]:f32x4 = splat a[0]:f32x4"), "only a scalar can be splatted"),
  type("arguments too many", kernel("b[0] = exp(a[0], a[1])"), "exp takes 1 arguments, not 2"),
  bad("axes too few in a read", kernel("var s[2]: f32 = 0", "b[0] = s"), "kir-index", "s has 1 axes, not 0"),
  bad("a position too many", kernel("b[0] = a[0, 1]"), "kir-index", "an element of a has one index"),
  bad("no position", kernel("b[0] = a"), "kir-index", "an element of a has one index"),
  bad("axes too few", kernel("var s[2,2]: f32 = 0", "s[0] = 1"), "kir-index", "s has 2 axes, not 1"),
  invalid("a position outside", kernel("b[8] = 1"), "b[8:i32] is outside b[8]"),
  invalid("a negative position", kernel("b[-1] = 1"), "is outside b[8]"),
  invalid("lanes that reach outside", kernel("b[5]:f32x4 = splat a[0]"), "is outside b[8]"),
  invalid("a write to an input", kernel("a[0] = 1"), "a is in"),
  invalid("a read of an output", kernel("b[0] = b[1]"), "b is out"),
  invalid("a step of 0", kernel("for i in 0..8 step 0", "  pass"), "the step of i is not positive"),
  invalid("a size of 0", kernel("var s[0]: f32 = 0"), "the dims of s are not positive"),
  invalid(
    "an unrolled loop with variable bounds",
    kernel("for i in 0..8", "  unroll j in 0..i", "    pass"),
    "the bounds of the unrolled loop over j are not constants",
  ),
  invalid("a division by 0", kernel("let x = 1:i32 / 0:i32"), "divides by 0"),
  invalid(
    "one name twice, one block after the other",
    kernel("for i in 0..1", "  pass", "for i in 0..1", "  pass"),
    "i is defined twice",
  ),
  naming(
    "20,000 names in 20,000 blocks and an error",
    kernel(...many(20_000, (i) => `let x${i} = 1:f32\nif true\n  pass`, "\n").split("\n"), "b[0] = y"),
    "unknown name y",
  ),
];

export const goodKernels: readonly Uint8Array[] = [
  "",
  "\n# nothing\n",
  kernel("pass"),
  kernel("b[0] = a[0]").replaceAll("\n", "\r\n"),
  kernel("let __proto__ = a[0]", "let constructor = __proto__ + 1", "b[0] = constructor"),
  kernel("b[0] = nan", "b[1] = -inf", "b[2] = -0"),
  kernel(`b[0] = ${"(".repeat(200)}a[0]${" + 1)".repeat(200)}`),
  "function twice(x: f32)\n  let y = x + x\n  return y\n\nkernel k(out b: f32[1])\n  b[0] = twice(b_)\n".replace(
    "twice(b_)",
    "twice(1:f32)",
  ),
  "kernel k(in a: f32[9007199254740991])\n  pass\n",
].map(bytesOf);
