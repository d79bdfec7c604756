/**
 * The candidate that was probably meant, or null. The allowed distance is a third of the length (at least one edit);
 * case counts as half an edit. Of equal candidates one with the same letters wins (`tahn` is `tanh`, not `tan`), else
 * the first.
 */
export function didYouMean(name: string, candidates: Iterable<string>): string | null {
  const limit = Math.max(1, Math.floor(name.length / 3));
  let best: string | null = null;
  let least = limit + 0.75;
  for (const candidate of candidates) {
    if (candidate === name || Math.abs(candidate.length - name.length) > limit) continue;
    const lower = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (!isTypo(name.toLowerCase(), candidate.toLowerCase(), lower)) continue;
    const otherCase = lower < editDistance(name, candidate);
    const cost = lower + (otherCase ? 0.5 : 0) + (sameLetters(name, candidate) ? 0 : 0.125);
    if (cost < least) [best, least] = [candidate, cost];
  }
  return best;
}

/**
 * Short names are close to everything: more than half of the letters must agree, and of three letters or less all, but
 * for one that is missing or added after the first (`sqr`, but not `std` for `td`), or two that are swapped.
 */
function isTypo(name: string, candidate: string, distance: number): boolean {
  if (distance === 0) return true;
  if (distance * 2 >= Math.max(name.length, candidate.length)) return false;
  if (Math.min(name.length, candidate.length) > 3) return true;
  return sameLetters(name, candidate) || (name[0] === candidate[0] && name.length !== candidate.length);
}

const sameLetters = (a: string, b: string): boolean =>
  a.length === b.length && [...a].toSorted().join("") === [...b].toSorted().join("");

/** The help for an unknown name: the nearest existing one, or all of them after `words`. */
export function nearOr(name: string, candidates: readonly string[], words: string): string {
  const near = didYouMean(name, candidates);
  return near === null ? `${words} ${candidates.join(", ")}` : `did you mean \`${near}\`?`;
}

/**
 * Damerau-Levenshtein distance in its "optimal string alignment" form: insert, delete, replace, swap two neighbours.
 */
export function editDistance(a: string, b: string): number {
  let twoAbove: readonly number[] = [];
  let above: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min(at(above, j) + 1, at(row, j - 1) + 1, at(above, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, at(twoAbove, j - 2) + 1);
      row.push(least);
    }
    [twoAbove, above] = [above, row];
  }
  return at(above, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
