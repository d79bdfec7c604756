// Between text and numbers: ids of tokens, pasted arrays, and numbers as they are shown.

export interface Encoded {
  readonly ids: readonly number[];
  /** What the ids are: numbers as they were written, entries of the list of labels, or bytes of UTF-8. */
  readonly as: "numbers" | "labels" | "bytes";
  /** Characters for which there is no label. */
  readonly unknown: number;
}

/** The ids of a text: numbers, or the longest label at each position, or bytes if there are no labels. */
export function idsOf(text: string, labels: readonly string[]): Encoded {
  if (/^[\s,\d-]*$/.test(text)) {
    const ids = text.split(/[\s,]+/).flatMap((word) => (word === "" || word === "-" ? [] : [Number(word)]));
    return { ids, as: "numbers", unknown: 0 };
  }
  if (labels.length === 0) return { ids: [...new TextEncoder().encode(text)], as: "bytes", unknown: 0 };
  const byLength = labels.map((label, id) => ({ label, id })).toSorted((a, b) => b.label.length - a.label.length);
  const ids: number[] = [];
  let unknown = 0;
  for (let at = 0; at < text.length;) {
    const found = byLength.find(({ label }) => label !== "" && text.startsWith(label, at));
    if (found !== undefined) ids.push(found.id);
    else if (text[at]?.trim() !== "") unknown++;
    at += found?.label.length ?? 1;
  }
  return { ids, as: "labels", unknown };
}

/** What bytes stand for, for models whose ids are the bytes of a text. */
export const byteNames: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte > 32 && byte < 127 ? String.fromCharCode(byte) : byte === 32 ? "␣" : byte === 10 ? "⏎" : `<${byte}>`,
);

/** Where the zeros of a short text are. */
export type Padding = "before" | "after";

/** Exactly so many ids: the last ones of a longer text, and zeros beside a shorter one. */
export function fitted(ids: readonly number[], length: number, padding: Padding): readonly number[] {
  const kept = ids.slice(Math.max(0, ids.length - length));
  const zeros = Array.from({ length: length - kept.length }, () => 0);
  return padding === "before" ? [...zeros, ...kept] : [...kept, ...zeros];
}

/** The text of ids: their labels, or null without labels. */
export function textOf(ids: ArrayLike<number>, labels: readonly string[]): string | null {
  if (labels.length === 0) return null;
  const isLetters = labels.every((label) => [...label].length <= 1);
  return Array.from(ids, (id) => labels[id] ?? `<${id}>`).join(isLetters ? "" : " ");
}

/** Values for an input, or why there are none. */
export type Read =
  | { readonly kind: "values"; readonly values: ArrayLike<number> }
  | { readonly kind: "wrong"; readonly says: string };

const wrong = (says: string): Read => ({ kind: "wrong", says });

/** So many values, or what is wrong with their number. */
export const counted = (values: ArrayLike<number>, count: number): Read =>
  values.length === count ? { kind: "values", values } : wrong(`expected ${count} numbers, found ${values.length}`);

/** The numbers of a JSON text, nested in any way, or of a list. */
export function pastedNumbers(text: string, count: number): Read {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  const found = /^\s*\[/.test(text) ? parsed(text) : words.map(Number);
  if (found === null) return wrong("this is not JSON");
  const other = found.find((value) => typeof value !== "boolean" && (typeof value !== "number" || Number.isNaN(value)));
  if (other !== undefined) return wrong("expected numbers only, as JSON or separated by spaces or commas");
  return counted(found.map(Number), count);
}

function parsed(text: string): readonly unknown[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.flat(Infinity) : null;
  } catch {
    return null;
  }
}

/** Four digits that matter, without an exponent where it is readable. */
export function showNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value);
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return String(value);
  if (size >= 1e5 || size < 1e-4) return value.toExponential(2);
  return value
    .toFixed(Math.max(0, 3 - Math.floor(Math.log10(size))))
    .replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "");
}

export interface Bar {
  readonly index: number;
  readonly name: string;
  readonly text: string;
  /** The length of the bar, from 0 to 1. */
  readonly share: number;
  readonly negative: boolean;
}

/** Whether values are the probabilities of two or more classes. */
export const isProbability = (values: readonly number[]): boolean =>
  values.length > 1 &&
  values.every((value) => value >= 0 && value <= 1.0001) &&
  Math.abs(values.reduce((a, b) => a + b, 0) - 1) < 0.01;

/** A bar for each value of a short list, and for the largest ones of a long list. */
export function barsOf(values: ArrayLike<number>, labels: readonly string[]): readonly Bar[] {
  const all = Array.from(values);
  const inPercent = isProbability(all);
  const most = all.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const rows = all.map((value, index) => ({
    index,
    name: labels.length === all.length ? (labels[index] ?? "") : String(index),
    text: inPercent ? `${(100 * value).toFixed(1)} %` : showNumber(value),
    share: inPercent ? value : most === 0 ? 0 : Math.abs(value) / most,
    negative: value < 0,
    value,
  }));
  return rows.length <= 16 ? rows : rows.toSorted((a, b) => b.value - a.value).slice(0, 10);
}

/** The middle one; of an even number the lower. */
export const medianOf = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor((times.length - 1) / 2)] ?? 0;
