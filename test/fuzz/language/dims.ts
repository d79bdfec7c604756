// Sizes in generated programs: their text, and their value in each of two sets of dims.
import { invariant } from "../../../compiler/support/invariant.ts";

export type Sizes = readonly [number, number];

export interface Dim {
  /** Its expression in the program; null if it has none here. */
  readonly text: string | null;
  readonly sizes: Sizes;
}

/** Sizes that differ between the two sets; all others are equal in both. */
export const named = { N: [3, 2], T: [4, 5] } as const;

export const literal = (size: number): Dim => ({ text: String(size), sizes: [size, size] });
export const same = (a: Dim, b: Dim): boolean => a.sizes[0] === b.sizes[0] && a.sizes[1] === b.sizes[1];
export const isLiteral = ({ sizes }: Dim): boolean => sizes[0] === sizes[1];

/** Evaluates `2 * (H - 1) + K`: `/` rounds down, `^` is a division that rounds up. Names refer to `dims`. */
export function sizeOf(text: string, dims: ReadonlyMap<string, Dim>): Dim {
  const tokens = text.match(/[A-Za-z]\w*|\d+|[-+*/^()]/g) ?? [];
  let at = 0;
  const apply = (op: string, a: number, b: number): number => {
    if (op === "+") return a + b;
    if (op === "-") return a - b;
    if (op === "*") return a * b;
    return op === "/" ? Math.floor(a / b) : Math.ceil(a / b);
  };
  const both = (op: string, a: Sizes, b: Sizes): Sizes => [apply(op, a[0], b[0]), apply(op, a[1], b[1])];
  const atom = (): Sizes => {
    const token = tokens[at++] ?? "";
    if (token === "(") {
      const inner = sum();
      at++;
      return inner;
    }
    if (/^\d/.test(token)) return [Number(token), Number(token)];
    const dim = dims.get(token);
    invariant(dim !== undefined, `no size ${token} in ${text}`);
    return dim.sizes;
  };
  const level = (ops: string, below: () => Sizes) => (): Sizes => {
    let left = below();
    while (at < tokens.length && ops.includes(tokens[at] ?? " ")) left = both(tokens[at++] ?? "", left, below());
    return left;
  };
  const term = level("*/^", atom);
  const sum = level("+-", term);
  const sizes = sum();
  const only = tokens.length === 1 ? dims.get(tokens[0] ?? "") : undefined;
  if (only !== undefined) return only;
  if (sizes[0] === sizes[1]) return { text: String(sizes[0]), sizes };
  // Divisions in the language must be exact, so only sums and products have a text.
  const known = /[/^]/.test(text) ? null : tokens.map((t) => (dims.has(t) ? (dims.get(t)?.text ?? null) : t));
  return { text: known === null || known.includes(null) ? null : `(${known.join(" ")})`, sizes };
}
