// A template of a statement: its operands, its text, and the type of its result. The types are independent of the front
// end, which must infer the same.

/**
 * In a template: `@x` is a value, `@N` the text of a size, `$u` a small int that is the same throughout the row,
 * `$n` a number or a setting, `?{a|b}` a choice. All lines but the last are statements.
 */
export interface Row {
  /**
   * `x: f32[N, H>=3, C%2]; y: i32[..B]`: sizes by name, with a lower limit or a factor; `..B` any number of axes; `T`
   * before the brackets any dtype.
   */
  readonly needs: string;
  readonly write: string;
  /** `f32[N, H - 2, $u]`, `f32[..B]` */
  readonly result: string;
  /**
   * The bodies in which it is valid: `layer` in all except functions, `own` (it declares params) in layers and models.
   * Sizes K, C, D and E are sizes of params there.
   */
  readonly within: "anywhere" | "layer" | "own";
}

export const row = (needs: string, write: string, result: string, within: Row["within"] = "anywhere"): Row => ({
  needs,
  write,
  result,
  within,
});
export const layer = (needs: string, write: string, result: string): Row => row(needs, write, result, "layer");

export interface ParsedDim {
  readonly pack: boolean;
  readonly text: string;
  readonly least: number;
  readonly factor: number;
}

export interface ParsedType {
  readonly dtype: string;
  readonly dims: readonly ParsedDim[];
}

export function parseType(text: string): ParsedType {
  const [, dtype = "", inner = ""] = /^(\w+)\[(.*)\]$/.exec(text.trim()) ?? [];
  const dims = inner
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  return {
    dtype,
    dims: dims.map((part) => ({
      pack: part.startsWith(".."),
      text: part
        .replace(/^\.\./, "")
        .replace(/(>=|%)\d+/g, "")
        .trim(),
      least: Number(/>=(\d+)/.exec(part)?.[1] ?? 1),
      factor: Number(/%(\d+)/.exec(part)?.[1] ?? 1),
    })),
  };
}

export const parseNeeds = (needs: string): readonly (ParsedType & { readonly name: string })[] =>
  needs
    .split(";")
    .filter((part) => part.trim() !== "")
    .map((part) => {
      const [name = "", type = ""] = part.split(":");
      return { name: name.trim(), ...parseType(type) };
    });
