import { rejectFile } from "./reject-file.ts";

export interface NpyHeader {
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
}

/** NumPy's limit on the number of axes. */
const maxAxes = 64;

const opening = /\s*\{\s*/y;
const key = /(['"])(descr|fortran_order|shape)\1\s*:\s*/y;
const comma = /\s*,\s*/y;
const closing = /\s*\}\s*$/y;
const values = {
  descr: /(['"])([^'"\\]*)\1/y,
  fortran_order: /True|False/y,
  shape: /\(\s*(?:\d{1,20}L?\s*,\s*){0,64}(?:\d{1,20}L?\s*)?\)/y,
} as const;

/** Parses the Python dict of a header: exactly the three keys, each once, in any order. Throws E0701. */
export function readNpyHeader(text: string, name: string): NpyHeader {
  const wrong = (): never => rejectFile("E0701", name, "the header is not one that NumPy writes for a plain array");
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    at += found?.[0].length ?? 0;
    return found;
  };

  const found = new Map<string, string>();
  if (match(opening) === null) wrong();
  do {
    const field = match(key)?.[2] as keyof typeof values | undefined;
    if (field === undefined) break;
    const value = match(values[field]);
    if (value === null || found.has(field)) return wrong();
    found.set(field, value[2] ?? value[0]);
  } while (match(comma) !== null);
  const [descr, order, sizes] = [found.get("descr"), found.get("fortran_order"), found.get("shape")];
  if (match(closing) === null || descr === undefined || order === undefined || sizes === undefined) return wrong();
  const shape = sizesOf(sizes);
  return shape === null || shape.length > maxAxes ? wrong() : { descr, fortran: order === "True", shape };
}

/** The numbers of a Python tuple; null for `(3)`, which is not a tuple. */
function sizesOf(tuple: string): readonly number[] | null {
  const sizes = tuple.match(/\d+/g)?.map(Number) ?? [];
  return sizes.length === 1 && !tuple.includes(",") ? null : sizes;
}
