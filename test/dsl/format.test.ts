import { globSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { format, parse, stripSpans } from "../../dsl/index.ts";
import { print } from "../../dsl/format.ts";
import { arbitraryFile } from "./arbitrary-file.ts";
import { programs } from "./programs.ts";

function formatted(text: string): string {
  const result = format({ name: "t.dl", text });
  expect(result.diagnostics).toEqual([]);
  return result.text ?? "";
}

function shape(text: string): unknown {
  const { file, diagnostics } = parse({ name: "t.dl", text });
  expect(diagnostics).toEqual([]);
  return stripSpans(file);
}

test("any printed tree parses back to itself, and formatting the text changes nothing", () => {
  fc.assert(
    fc.property(arbitraryFile, (file) => {
      const text = print(file, file.span.source);
      const { file: again, diagnostics } = parse({ name: "t.dl", text });
      expect(diagnostics).toEqual([]);
      expect(stripSpans(again)).toEqual(stripSpans(file));
      expect(formatted(text)).toBe(text);
    }),
    { numRuns: 400 },
  );
});

test.each(Object.entries(programs))("%s: same tree, and a fixed point", (_, text) => {
  const once = formatted(text);
  expect(shape(once)).toEqual(shape(text));
  expect(formatted(once)).toBe(once);
});

test("no program loses a comment at any position", () => {
  const positions = Object.values(programs).flatMap((text) =>
    [...text.matchAll(/\n/g)].map((m) => ({ text, at: m.index })),
  );
  fc.assert(
    fc.property(fc.constantFrom(...positions), fc.boolean(), ({ text, at }, own) => {
      const commented = `${text.slice(0, at)}${own ? "\n  " : " "}// a comment${text.slice(at)}`;
      const once = formatted(commented);
      expect(once.split("// a comment")).toHaveLength(2);
      expect(once.match(/\/\//g)?.length).toBe(commented.match(/\/\//g)?.length);
      expect(formatted(once)).toBe(once);
    }),
    { numRuns: 200 },
  );
});

test.each([
  ["spaces", "fn  f( x:f32[ N,3 ] )=x|>g( 1,a :2 )+ - 3 ^2", "fn f(x: f32[N, 3]) = x |> g(1, a: 2) + -3 ^ 2\n"],
  ["needless parentheses", "fn f() = ((a * b) + (c)) ^ (-2)", "fn f() = (a * b + c) ^ -2\n"],
  [
    "parentheses that matter",
    "fn f() = a - (b - c) * (if d { e } else { g }) |> (x |> y)",
    "fn f() = a - (b - c) * (if d { e } else { g }) |> (x |> y)\n",
  ],
  [
    "blank lines",
    "dl 1\nfn f() {\n\n\n  a\n\n\n  b\n\n}\nfn g() = a\nfn h() = b\n\n\n\nfn i() = c\n",
    "dl 1\n\nfn f() {\n  a\n\n  b\n}\n\nfn g() = a\nfn h() = b\n\nfn i() = c\n",
  ],
  ["blocks", "fn f() { if a { b } else { c\n d } }", "fn f() {\n  if a { b } else {\n    c\n    d\n  }\n}\n"],
  ["records", "entry e() { {a:a,b:b,c:d} }", "entry e() { a, b, c: d }\n"],
  [
    "records as bodies",
    "fn f(x: int) = if x { {a} } else {\n  // why\n  {a, b}\n}\nfn g() = {a, b}\nentry e() { {a: [long_name_of_a_value, long_name_of_a_value], b: [long_name_of_a_value, another_long_name]} }",
    "fn f(x: int) =\n  if x { { a } } else {\n    // why\n    { a, b }\n  }\n\nfn g() = { a, b }\n\nentry e() {\n  a: [long_name_of_a_value, long_name_of_a_value],\n  b: [long_name_of_a_value, another_long_name],\n}\n",
  ],
  [
    "repetition",
    "entry e() {\n  repeat i in[1,2] carry x=x,k=0{next x=y}\n  for (a,[b,c]) in x{a}\n}",
    "entry e() {\n  repeat i in [1, 2] carry x, k = 0 {\n    next x = y\n  }\n  for (a, [b, c]) in x { a }\n}\n",
  ],
  [
    "scans, ranges, members",
    "entry e() { scan i in 3 reversed carry s{yield x[ 1 : 9 : 2 , :: - 1 ].0.1} }",
    "entry e() {\n  scan i in 3 reversed carry s { yield x[1:9:2, ::-1].0.1 }\n}\n",
  ],
  [
    "trailing commas",
    'import { a, b as c, } from "x"\nfn f(a: int,) = g([1,],)',
    'import { a, b as c } from "x"\nfn f(a: int) = g([1])\n',
  ],
])("%s", (_, text, canonical) => {
  expect(formatted(text)).toBe(canonical);
});

test("a long head is broken at its first list, then at its second, and never at its result", () => {
  const statics = "units: int, first: bool = true, second: fn = glorot_uniform, third: f32 = 0.5";
  const tensors = "x: f32[..B, some_size, another_size], y: f32[..B, some_size, another_size], z: f32[..B, K]";
  expect(formatted(`layer dense(${statics})(x: f32[..B, K]) -> f32[..B, units] { x }`)).toBe(`layer dense(
  units: int,
  first: bool = true,
  second: fn = glorot_uniform,
  third: f32 = 0.5,
)(x: f32[..B, K]) -> f32[..B, units] {
  x
}
`);
  expect(formatted(`layer dense(units: int)(${tensors}) -> f32[..B, units] = x`)).toBe(`layer dense(
  units: int,
)(
  x: f32[..B, some_size, another_size],
  y: f32[..B, some_size, another_size],
  z: f32[..B, K],
) -> f32[..B, units] = x
`);
  expect(formatted(`fn same(${tensors}) -> f32[..B, units] = x`)).toBe(`fn same(
  x: f32[..B, some_size, another_size],
  y: f32[..B, some_size, another_size],
  z: f32[..B, K],
) -> f32[..B, units] = x
`);
});

test("the branches of an `if` are all on one line, or all broken", () => {
  const long = "a_rather_long_name_of_a_value";
  expect(
    formatted(`fn f() {\n  let a = if p { ${long} } else { ${long} + ${long} }\n  let b = cond p { q } else { c }\n}`),
  ).toBe(`fn f() {
  let a = if p {
    ${long}
  } else {
    ${long} + ${long}
  }
  let b = cond p { q } else { c }
}
`);
});

test("clauses that are too long are on separate lines", () => {
  const long = "a_rather_long_name_of_a_value";
  const where = `where ${long} > 0, "it is positive"`;
  expect(
    formatted(`fn f(n: int)(x: f32[N]) -> f32[N] ${where} ${where} {
  scan a in ${long}, b in ${long} along T reversed carry h = ${long}, c = 1 { next h = a }
  while carry h = ${long}, c = 1 until ${long} > 0 and ${long} > 0 { next h = a }
  scan a in x along T { yield a }
}
fn g(x: f32[N]) -> f32[N] = ${long} + ${long} with gradient (dy) { dy }
fn h(n: int)(x: f32[N]) -> f32[N] ${where} ${where} = x`),
  ).toBe(`fn f(n: int)(x: f32[N]) -> f32[N]
  ${where}
  ${where}
{
  scan a in ${long}, b in ${long}
      along T reversed
      carry h = ${long}, c = 1 {
    next h = a
  }
  while carry h = ${long}, c = 1
      until ${long} > 0 and ${long} > 0 {
    next h = a
  }
  scan a in x along T { yield a }
}

fn g(x: f32[N]) -> f32[N] = ${long} + ${long}
  with gradient (dy) { dy }

fn h(n: int)(x: f32[N]) -> f32[N]
  ${where}
  ${where}
  = x
`);
});

test("long expressions are broken: a pipe at its steps, a call at its arguments, a sum at its operators", () => {
  const long = "a_rather_long_name_of_a_value";
  const text = `fn f() {
  let a = ${long} |> dense(120) |> relu |> dense(${long}) |> softmax(axis: -1) |> dropout(0.5)
  let b = f(${long}, ${long}, first: ${long}, second: [1, 2])
  let c = ${long} + ${long} * ${long} - ${long}
  { ${long}, b: ${long}, c: ${long}, d: 1 }
}
`;
  expect(formatted(text)).toBe(`fn f() {
  let a = ${long}
    |> dense(120)
    |> relu
    |> dense(${long})
    |> softmax(axis: -1)
    |> dropout(0.5)
  let b = f(
    ${long},
    ${long},
    first: ${long},
    second: [1, 2],
  )
  let c = ${long} +
    ${long} * ${long} -
    ${long}
  {
    ${long},
    b: ${long},
    c: ${long},
    d: 1,
  }
}
`);
});

test("comments keep their position, to the nearest line", () => {
  const text = `// top
dl 1 // version
// of the model
model A(
  x: f32[N], // input
) -> f32[N] {
  // first
  let y = f(
    1, // one
    // before two
    2
    // after two
  ) // call
  let z = a + // inside
    b
  x // head
    // own line
    |> relu // step
    |> dense(3) // last
  // end
}
// of the file
`;
  expect(formatted(text)).toBe(`// top
dl 1 // version

// of the model
model A(
  x: f32[N], // input
) -> f32[N] {
  // first
  let y = f(
    1, // one
    // before two
    2,
    // after two
  ) // call
  // inside
  let z = a + b
  x // head
    // own line
    |> relu // step
    |> dense(3) // last
  // end
}

// of the file
`);
});

test("a file with an error is not formatted", () => {
  const { text, diagnostics } = format({ name: "t.dl", text: "fn f() = (" });
  expect(text).toBeNull();
  expect(diagnostics.length).toBeGreaterThan(0);
});

const root = new URL("../../", import.meta.url).pathname;

test.each(globSync(["dsl/std/*.dl", "examples/**/*.dl"], { cwd: root }).toSorted())(
  "%s is in canonical form (`dlc fmt` makes it so)",
  (name) => {
    const text = readFileSync(root + name, "utf8");
    const once = formatted(text);
    expect(shape(once)).toEqual(shape(text));
    expect(once).toBe(text);
  },
);
