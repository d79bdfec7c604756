import { expect, test } from "vitest";
import { DiagnosticError } from "../../dsl/diagnostic-error.ts";
import { invariant } from "../../compiler/support/invariant.ts";
import { parseFile, parseKernel } from "../../compiler/kernel/parse.ts";
import { printFunction, printKernels } from "../../compiler/kernel/print.ts";

const file = `function softsign(x: f32)   # x / (1 + |x|)
  let d = abs(x) + 1
  return x / d

kernel rows(in a: f32[64], in mask: bool[16], in bytes: u8[64], inout out: f32[64])   # model.dl:3:5
  var sum[2]: f32x4 = 0
  var seen: bool = false
  for m in 0..16
    let at = m * 4 - 1 + 1
    unroll r in 0..2
      sum[r] = madd(splat a[m + r], softsign(a[at]:f32x4), sum[r])
    if mask[m] & !seen
      seen = true
      out[at]:f32x4 = select(sum[0] < -1.5, -inf, to_f32(bytes[at]:i32x4 >> (m % 8)))
    else
      pass
  for i in 0..lane(ramp(), 3) step 2
    out[i] = -out[i] - -0.1 * (1e-7 + out[i])

kernel empty(out x: i8[1])
  pass

kernel fill(out x: f32[n], n: i32, word: i32)
  let value = bits_f32(word)
  for i in 0..n
    x[i] = value
`;

test("a file of functions and kernels prints back to itself", () => {
  const { functions, kernels } = parseFile({ name: "rows.kir", text: file });
  const printed = [...functions.map(printFunction), printKernels(kernels)].join("\n");
  expect(printed).toBe(file.replace("    else\n      pass\n", ""));
});

test("comments, empty lines and line ends inside parentheses are ignored", () => {
  const kernel = parseKernel(`
# A kernel.
kernel k(
    in a: f32[1],   # its input
    out b: f32[1]
)   # here:1:1

  b[0] = max(   # the larger
      a[0],
    0)
`);
  expect(printKernels([kernel])).toBe("kernel k(in a: f32[1], out b: f32[1])   # here:1:1\n  b[0] = max(a[0], 0)\n");
});

/** Lines with an error, which is between « and ». */
const errors: readonly (readonly [line: string, code: string, message: string])[] = [
  ["let x = a[0] «$» 2", "kir-token", 'unexpected "$"'],
  ["let x = a[0] +«»", "kir-syntax", "expected an expression before the end of the line"],
  ["let x = (a[0]«»", "kir-syntax", "expected ) before the end of the block"],
  ["let x «a»", "kir-syntax", "expected =, found a"],
  ["let «for» = a[0]", "kir-name", "for is a keyword"],
  ["let «a» = a[0]", "kir-name", "a is already defined"],
  ["let x = «y»", "kir-name", "unknown name y"],
  ["let x = «gamma»(a[0])", "kir-name", "unknown function gamma"],
  ["let x = «exp(a[0], 1)»", "kir-type", "exp takes 1 arguments, not 2"],
  ["let x = «1»", "kir-type", "cannot infer the type of this number"],
  ["let x = a[0] + «true»", "kir-type", "this is not a value of f32"],
  ["let x = a[«0.5»]", "kir-type", "this is not a value of i32"],
  ["let x = a[«a[0]»]", "kir-type", "this is f32, not i32"],
  ["let x = «a[0] + 1:i32»", "kir-type", "operand 2 of add is i32, not f32"],
  ["let x = «a[0] << 2»", "kir-type", "shl does not take f32"],
  ["let x = a[0]:«i32»", "kir-type", "a holds f32, which loads as f32"],
  ["let x = a[0]:«f64»", "kir-type", "unknown register type f64"],
  ["let x = «a[0, 1]»", "kir-index", "an element of a has one index"],
  ["let x = «lane(a[0]:f32x4, 4)»", "kir-type", "lane takes a vector and a number from 0 to 3"],
  ["«c» = a[0]", "kir-name", "unknown name c"],
  ["b[0] = «a[0]:f32x4»", "kir-type", "this is f32x4, not f32"],
  ["if «a[0]»\n    pass", "kir-type", "this is f32, not bool"],
  ["for i in 0..4\n    b[i] = 0\n  b[«i»] = 0", "kir-name", "unknown name i"],
  ["pass\n   «»pass", "kir-syntax", "expected a statement, found deeper indentation"],
  ["if a[0] < 0\n      pass\n    «p»ass", "kir-indent", "this indentation matches no enclosing block"],
];

for (const [line, code, message] of errors) {
  test(`${code}: ${message}`, () => {
    const marked = `kernel k(in a: f32[8], out b: f32[8])\n  ${line}\n`;
    const text = marked.replace(/[«»]/g, "");
    const [start, end] = [marked.indexOf("«"), marked.indexOf("»") - 1];
    try {
      parseFile({ name: "k.kir", text });
    } catch (error) {
      invariant(error instanceof DiagnosticError, "an error in a text is a diagnostic");
      const [diagnostic] = error.diagnostics;
      expect({ code: diagnostic?.code, says: diagnostic?.says }).toEqual({ code, says: message });
      const span = diagnostic?.at?.span;
      if (line.includes("«»")) return;
      expect({ start: span?.start, end: span?.end }).toEqual({ start, end });
      return;
    }
    expect.unreachable("the text has an error");
  });
}
