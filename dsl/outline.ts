import type { Callable } from "./ast.ts";
import { present } from "./invariant.ts";
import { parseLines } from "./parse.ts";
import type { Source } from "./span.ts";

/** A declaration that is parsed on first use. */
export interface Outlined {
  readonly name: string;
  readonly declaration: () => Callable;
}

/**
 * The models, layers, functions and optimizers of a file without mistakes in the canonical format, found by the first
 * words of their lines. Much faster than `parse`, which is called for those that are used: few declarations of a
 * library are. They equal those of `parse`. A mistake is the library's, not the user's, and throws.
 */
export function outline(source: Source): readonly Outlined[] {
  const heads = [...source.text.matchAll(/(?:^\/\/[^\n]*\n)*^[a-z]+/gm)].map((match) => match.index);
  return heads.flatMap((start, i) => {
    const end = heads[i + 1] ?? source.text.length;
    const name = /^(?:\/\/[^\n]*\n)*(?:model|layer|fn|optimizer) (\w+)\(/.exec(source.text.slice(start, end))?.[1];
    return name === undefined ? [] : [{ name, declaration: once(() => declarationIn(source, start, end)) }];
  });
}

/** The names that a file in the canonical format exports. */
export const exportedBy = (source: Source): readonly string[] =>
  [...source.text.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, names = ""]) => names.match(/\w+/g) ?? []);

function declarationIn(source: Source, start: number, end: number): Callable {
  const { file, diagnostics } = parseLines(source, { start, end });
  const item = diagnostics.length === 0 ? file?.items[0] : undefined;
  return present(
    item !== undefined && "where" in item ? item : null,
    `${source.name} has a mistake: ${diagnostics[0]?.says ?? "not a declaration"}`,
  );
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
