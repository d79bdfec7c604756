/**
 * Coverage from V8's counts. Node strips types in place, so positions in the running code are positions in the file. A
 * line counts if it contains a word or a number outside types and comments, and ran if the first of them did; a stretch
 * is a branch or a function, and ran if any part of it did.
 */
import { readdirSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export interface FileCoverage {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  readonly lines: number;
  readonly stretches: number;
  /** Line numbers, from 1, of lines that never ran. */
  readonly missedLines: readonly number[];
  /** The lines where a stretch begins that never ran; one entry per stretch. */
  readonly missedStretches: readonly number[];
}

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

interface Script {
  readonly url: string;
  readonly functions: readonly { readonly ranges: readonly Range[] }[];
}

/** For each character, whether it ever ran; and the stretches by start and end. */
interface Counts {
  readonly ran: Uint8Array;
  readonly stretches: Set<string>;
}

/** The coverage of the files in these folders under the root, from the counts in `counted`. */
export function measure(root: string, folders: readonly string[], counted: string): readonly FileCoverage[] {
  const paths = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
      .filter((path) => path.endsWith(".ts")),
  );
  const texts = new Map(paths.map((path) => [path, readFileSync(join(root, path), "utf8")]));
  const byUrl = new Map(
    [...texts].map(([path, text]) => [pathToFileURL(join(root, path)).href, emptyCounts(text.length)]),
  );
  for (const name of readdirSync(counted)) {
    const { result } = JSON.parse(readFileSync(join(counted, name), "utf8")) as { readonly result: readonly Script[] };
    for (const script of result) {
      const counts = byUrl.get(script.url);
      if (counts !== undefined) add(counts, script);
    }
  }
  return [...texts].map(([path, text]) =>
    coverageOf(path, text, byUrl.get(pathToFileURL(join(root, path)).href) ?? emptyCounts(text.length)),
  );
}

const emptyCounts = (length: number): Counts => ({ ran: new Uint8Array(length), stretches: new Set() });

/**
 * Inner ranges follow their enclosing ranges. Counts are reset by each report, so ranges that a report does not mention
 * have not run since the last one.
 */
function add({ ran, stretches }: Counts, { functions }: Script): void {
  const now = new Uint8Array(ran.length);
  for (const { ranges } of functions) {
    for (const { startOffset, endOffset, count } of ranges) {
      stretches.add(`${startOffset} ${endOffset}`);
      now.fill(count > 0 ? 1 : 0, startOffset, endOffset);
    }
  }
  for (let i = 0; i < ran.length; i++) ran[i] = (ran[i] ?? 0) | (now[i] ?? 0);
}

/**
 * The text with spaces instead of everything that is not executable: types, comments, and calls of `never`, which are
 * unreachable by their types.
 */
export function codeOf(text: string): string {
  const blank = (part: string): string => part.replaceAll(/[^\n]/g, " ");
  return stripTypeScriptTypes(text)
    .replaceAll(/(^|\n)[ ]*(\/\*[\s\S]*?\*\/)/g, blank)
    .replaceAll(/(^|\s)\/\/ [^\n]*/g, blank)
    .replaceAll(/\b(default:\s*)?(return )?never\(\w+\);/g, blank);
}

export function coverageOf(path: string, text: string, { ran, stretches }: Counts): FileCoverage {
  const code = codeOf(text);
  const words = [...code.matchAll(/[\w"'`]+/g)].map(({ index }) => index);
  const lineOf = lineNumbers(text);
  const first = new Map<number, number>();
  for (const at of words) if (!first.has(lineOf(at))) first.set(lineOf(at), at);
  const ranges = [...stretches]
    .map((key) => key.split(" ").map(Number) as [number, number])
    .sort(([a, b], [c, d]) => a - c || d - b);
  const missed: [number, number][] = [];
  let counted = 0;
  for (const [from, to] of ranges) {
    const inside = words.filter((at) => at >= from && at < to);
    if (inside.length === 0) continue;
    counted++;
    const outer = missed.some(([start, end]) => start <= from && to <= end);
    if (!outer && inside.every((at) => ran[at] === 0)) missed.push([from, to]);
  }
  return {
    path,
    lines: first.size,
    // A file that was never loaded is a single stretch.
    stretches: Math.max(counted, first.size > 0 ? 1 : 0),
    missedLines: [...first].filter(([, at]) => ran[at] === 0).map(([line]) => line),
    missedStretches:
      counted === 0 && first.size > 0
        ? [1]
        : missed.map(([from, to]) => lineOf(words.find((at) => at >= from && at < to) ?? from)),
  };
}

function lineNumbers(text: string): (at: number) => number {
  const ends = [...text.matchAll(/\n/g)].map(({ index }) => index);
  return (at) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}
