/**
 * What ran, from V8's own counts. Node strips types in place, so that positions in the code that ran are positions in the file. A line counts if it holds a word or a
 * number outside of types and comments, and ran if the first of them did; a stretch is a branch or a function, and ran if anything in it did.
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
  /** Numbers of lines, from 1, that never ran. */
  readonly missedLines: readonly number[];
  /** Lines where a stretch begins that never ran; a line stands once for each. */
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

/** By character: whether it ever ran; and the stretches by start and end. */
interface Counts {
  readonly ran: Uint8Array;
  readonly stretches: Set<string>;
}

/** The files of the folders that stand under the root, by what the counts in `counted` say. */
export function measure(root: string, folders: readonly string[], counted: string): readonly FileCoverage[] {
  const paths = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
      .filter((path) => path.endsWith(".ts")),
  );
  const texts = new Map(paths.map((path) => [path, readFileSync(join(root, path), "utf8")]));
  const byUrl = new Map([...texts].map(([path, text]) => [pathToFileURL(join(root, path)).href, emptyCounts(text.length)]));
  for (const name of readdirSync(counted)) {
    const { result } = JSON.parse(readFileSync(join(counted, name), "utf8")) as { readonly result: readonly Script[] };
    for (const script of result) {
      const counts = byUrl.get(script.url);
      if (counts !== undefined) add(counts, script);
    }
  }
  return [...texts].map(([path, text]) => coverageOf(path, text, byUrl.get(pathToFileURL(join(root, path)).href) ?? emptyCounts(text.length)));
}

const emptyCounts = (length: number): Counts => ({ ran: new Uint8Array(length), stretches: new Set() });

/** Inner ranges come after those around them. Counts begin anew with each report, so what a report does not mention did not run since the last. */
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

/** The text with spaces for all that is no code: types, comments, and calls of `never`, which stand where the types leave nothing. */
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
  const ranges = [...stretches].map((key) => key.split(" ").map(Number) as [number, number]).sort(([a, b], [c, d]) => a - c || d - b);
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
    // A file that nobody has loaded is one stretch.
    stretches: Math.max(counted, first.size > 0 ? 1 : 0),
    missedLines: [...first].filter(([, at]) => ran[at] === 0).map(([line]) => line),
    missedStretches: counted === 0 && first.size > 0 ? [1] : missed.map(([from, to]) => lineOf(words.find((at) => at >= from && at < to) ?? from)),
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
