import type { Choice, Lookahead, Optional, Part } from "./grammar-parts.ts";
import type { TokenType } from "./token.ts";

/** The types of the first tokens of a text. */
export type Path = readonly TokenType[];

interface Beginning {
  readonly path: Path;
  /** What follows the path. */
  readonly rest: readonly Part[];
}

/** For each alternative the paths that tell it from the others; an ambiguous one is a path of several. */
export function pathsOf(alternatives: readonly (readonly Part[])[], tokens: Lookahead): readonly (readonly Path[])[] {
  const firsts = alternatives.map((parts) => beginnings(parts, 1, []));
  return firsts.map((own, i) => {
    const others = firsts.flatMap((each, j) => (i === j ? [] : each));
    const isClear = ({ path, rest }: Beginning): boolean =>
      tokens === 1 || rest.length === 0 || !others.some((other) => overlap(path, other.path));
    const longer = own.filter((each) => !isClear(each)).flatMap(({ path, rest }) => beginnings(rest, tokens, path));
    const paths: Path[] = [];
    for (const { path } of [...own.filter(isClear), ...longer])
      if (!paths.some((known) => covers(known, path))) paths.push(path);
    return paths;
  });
}

export const pathsOfChoice = ({ alternatives }: Choice, tokens: Lookahead): readonly (readonly Path[])[] =>
  pathsOf(
    alternatives.map(({ parts }) => parts),
    tokens,
  );

/** The paths on which a parser takes an optional part. */
export const pathsInto = ({ parts, after }: Optional, tokens: Lookahead): readonly Path[] =>
  pathsOf([parts, after], tokens)[0] ?? [];

/** All paths of the length, and shorter ones where the parts end. */
function beginnings(parts: readonly Part[], length: number, before: Path): readonly Beginning[] {
  const path = [...before];
  const found: Beginning[] = [];
  for (const [i, part] of parts.entries()) {
    if (path.length === length) return [...found, { path, rest: parts.slice(i) }];
    const through = (inner: readonly Part[]) => beginnings([...inner, ...parts.slice(i + 1)], length, path);
    const it = part.kind === "labelled" ? part.of : part;
    if (it.kind === "token") path.push(it);
    else if (it.kind === "rule") return [...found, ...through(it.parts())];
    else if (it.kind === "choice") return [...found, ...it.alternatives.flatMap((each) => through(each.parts))];
    else {
      const inside = through(it.occurs === "at most once" ? it.parts : [...it.parts, again(it)]);
      if (it.occurs === "at least once") return [...found, ...inside];
      found.push(...inside);
    }
  }
  return [...found, { path, rest: [] }];
}

const again = (part: Optional): Optional => ({
  ...part,
  parts: part.separator === null ? part.parts : [part.separator, ...part.parts],
  occurs: "any number",
  separator: null,
});

/** Whether a text can begin with both. */
const overlap = (a: Path, b: Path): boolean =>
  a.length === b.length && a.every((type, i) => isKind(type, b[i]) || isKind(b[i], type));

const covers = (known: Path, path: Path): boolean =>
  known.length === path.length && path.every((type, i) => isKind(type, known[i]));

const isKind = (type: TokenType | undefined, kind: TokenType | undefined): boolean =>
  type !== undefined && kind !== undefined && type.kinds.has(kind);
