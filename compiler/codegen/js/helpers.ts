// Functions that emitted code calls by name; a module contains those that it uses.

export const helpers: ReadonlyMap<string, string> = new Map([
  ["fround", "const fround = Math.fround;"],
  ["imul", "const imul = Math.imul;"],
  ["sqrt", "const sqrt = Math.sqrt;"],
  ["abs", "const abs = Math.abs;"],
  ["floor", "const floor = Math.floor;"],
  ["ceil", "const ceil = Math.ceil;"],
  ["trunc", "const trunc = Math.trunc;"],
  // Whether data are less than other data is not predictable: an index takes a fifth of the time of a wrong branch.
  ["pair", "const pair = new Float64Array(2);"],
  ["min", "const min = (a, b) => ((pair[0] = a), (pair[1] = b), pair[(b < a) | (b !== b)]);"],
  ["max", "const max = (a, b) => ((pair[0] = a), (pair[1] = b), pair[(a < b) | (b !== b)]);"],
  // Math functions bound their arguments, which are seldom outside of the bounds.
  ["at_most", "const at_most = (a, b) => (b < a || b !== b ? b : a);"],
  ["at_least", "const at_least = (a, b) => (a < b || b !== b ? b : a);"],
  ["select", "const select = (c, a, b) => ((pair[0] = b), (pair[1] = a), pair[c | 0]);"],
  ["min_i32", "const min_i32 = (a, b) => (b < a ? b : a);"],
  ["max_i32", "const max_i32 = (a, b) => (a < b ? b : a);"],
  ["select_i32", "const select_i32 = (c, a, b) => b ^ ((a ^ b) & -(c | 0));"],
  [
    "nearest",
    "const nearest = (x) => (abs(x) < 8388608 ? (x < 0 || 1 / x < 0 ? x - 6755399441055744 + 6755399441055744 || -0 : x + 6755399441055744 - 6755399441055744) : x);",
  ],
  ["saturate", "const saturate = (x) => (x >= 2147483648 ? 2147483647 : x <= -2147483648 ? -2147483648 : x | 0);"],
  ["float_cell", "const float_cell = new Float32Array(1);"],
  ["bits_cell", "const bits_cell = new Int32Array(float_cell.buffer);"],
  ["bits_i32", "const bits_i32 = (x) => ((float_cell[0] = x), bits_cell[0]);"],
  ["bits_f32", "const bits_f32 = (x) => ((bits_cell[0] = x), float_cell[0]);"],
]);

const needs: ReadonlyMap<string, readonly string[]> = new Map([
  ["min", ["pair"]],
  ["max", ["pair"]],
  ["select", ["pair"]],
  ["nearest", ["abs"]],
  ["bits_cell", ["float_cell"]],
  ["bits_i32", ["float_cell", "bits_cell"]],
  ["bits_f32", ["float_cell", "bits_cell"]],
]);

/** The lines that define the helpers used, and the helpers that these need, in the order of the table. */
export function helperLines(used: ReadonlySet<string>): string[] {
  const all = new Set([...used].flatMap((name) => [name, ...(needs.get(name) ?? [])]));
  return [...helpers].filter(([name]) => all.has(name)).map(([, line]) => line);
}

/** Typed arrays over the memory, by element. */
export const views = {
  f32: { name: "f32", array: "Float32Array", shift: 2 },
  i32: { name: "i32", array: "Int32Array", shift: 2 },
  u8: { name: "u8", array: "Uint8Array", shift: 0 },
  i8: { name: "i8", array: "Int8Array", shift: 0 },
  bool: { name: "u8", array: "Uint8Array", shift: 0 },
} as const;

/** Names that no local of an emitted kernel may have. */
export const taken: readonly string[] = [
  ...helpers.keys(),
  ...Object.values(views).map((view) => view.name),
  ..."registers memory instantiate Math NaN Infinity undefined arguments eval".split(" "),
  ..."await break case catch class const continue debugger default delete do enum export extends finally implements import instanceof".split(
    " ",
  ),
  ..."interface new null package private protected public static super switch this throw try typeof void while with yield async of".split(
    " ",
  ),
];
