import { invariant, present } from "../../../compiler/support/invariant.ts";
import type { GlueParts, Piece } from "./piece.ts";

/** The text of the declarations that `roots` need, and their short names. */
export interface Linked {
  readonly text: string;
  /** The name that a declaration has in the text. */
  nameOf(root: string): string;
}

export function link({ pieces, taken }: GlueParts, roots: readonly string[]): Linked {
  const byName = new Map(pieces.map((piece) => [piece.name, piece]));
  const needed = new Set<string>(roots);
  // The set grows while it is visited.
  for (const name of needed)
    for (const hole of present(byName.get(name), `the runtime declares ${name}`).holes) needed.add(hole);
  const chosen = pieces.filter(({ name }) => needed.has(name));
  const counts = new Map<string, number>();
  for (const name of chosen.flatMap(({ holes }) => holes)) counts.set(name, (counts.get(name) ?? 0) + 1);
  const short = shortNames(new Set(taken));
  const names = new Map(
    [...needed].toSorted((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0)).map((name) => [name, short()]),
  );
  const shown = ({ texts, holes }: Piece): string =>
    texts.map((text, i) => `${text}${i < holes.length ? names.get(holes[i] ?? "") : ""}`).join("");
  const parts = chosen.map((piece, i) => {
    if (piece.keyword === "function") return `${shown(piece)}\n`;
    const [before, after] = [chosen[i - 1]?.keyword, chosen[i + 1]?.keyword];
    return `${before === piece.keyword ? "," : `${piece.keyword} `}${shown(piece)}${after === piece.keyword ? "" : ";"}\n`;
  });
  return { text: parts.join(""), nameOf: (root) => present(names.get(root), root) };
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** `a`, `b`, ... without those in use; no keyword has one letter, and those of two have none in capitals. */
function shortNames(taken: ReadonlySet<string>): () => string {
  const free = [...letters, ...[...letters].flatMap((a) => [...letters.slice(26)].map((b) => `${a}${b}`))].filter(
    (name) => !taken.has(name),
  );
  let next = 0;
  return () => {
    invariant(next < free.length, "there are short names enough");
    return free[next++] ?? "";
  };
}
