import type { Span } from "../../../dsl/span.ts";
import type { Arg, Env } from "../context.ts";
import { report } from "../errors.ts";
import { describe } from "../values/values.ts";

/**
 * A word of a pattern: the name of an axis, a size, or `..` for any number of axes. `at` and `end` are offsets in the
 * string.
 */
export interface Word {
  readonly kind: "name" | "size" | "rest";
  readonly text: string;
  readonly at: number;
  readonly end: number;
}

/** One axis of a tensor: a word, or several in parentheses into which it splits, the last one changing fastest. */
export type Group = readonly Word[];
export type Side = readonly Group[];

/** `n t d, d h -> n t h` */
export interface AxisPattern {
  readonly operands: readonly Side[];
  readonly result: Side;
  /** Reports a mistake at a range of the string. */
  readonly mistakeAt: (range: { readonly at: number; readonly end: number }, says: string, help?: string) => null;
}

/**
 * Parses a pattern; null after a report, which points into the string. With `repeats` an operand may have several axes
 * of one name.
 */
export function axisPattern(env: Env, arg: Arg, { repeats = false } = {}): AxisPattern | null {
  if (arg.value.kind !== "string") {
    report(env.context, "E0501", arg.span, `expected a string for the pattern, found ${describe(arg.value)}`);
    return null;
  }
  const pattern = arg.value.value;
  const mistakeAt: AxisPattern["mistakeAt"] = ({ at, end }, says, help) => {
    report(env.context, "E0511", spanInside(arg.span, pattern, at, end), says, { help });
    return null;
  };
  const tokens = [...pattern.matchAll(/->|\.\.\.?|[A-Za-z_]\w*|\d+|\S/g)].map((match) => ({
    text: match[0],
    at: match.index,
    end: match.index + match[0].length,
  }));
  const arrows = tokens.filter((token) => token.text === "->");
  const whole = { at: 0, end: pattern.length };
  if (arrows.length !== 1)
    return mistakeAt(
      arrows[1] ?? whole,
      arrows.length === 0 ? "missing `->` in the pattern" : "a pattern can have only one `->`",
    );
  const sides: Group[][] = [[]];
  let group: Word[] | null = null;
  let open = whole;
  for (const token of tokens) {
    const { text } = token;
    const side = sides.at(-1) ?? [];
    if (text === "(") {
      if (group !== null) return mistakeAt(token, "parentheses cannot be nested in a pattern");
      group = [];
      open = token;
    } else if (text === ")") {
      if (group === null) return mistakeAt(token, "unmatched `)`");
      side.push(group);
      group = null;
    } else if (text === "->" || text === ",") {
      if (group !== null) return mistakeAt(open, "unclosed `(`");
      sides.push([]);
    } else if (/^(\w+|\.\.\.?)$/.test(text)) {
      const kind = text.startsWith(".") ? "rest" : /^\d/.test(text) ? "size" : "name";
      const word: Word = { kind, text, at: token.at, end: token.end };
      if (group !== null && kind === "rest") return mistakeAt(token, "`..` is not allowed inside parentheses");
      if (group === null) side.push([word]);
      else group.push(word);
    } else
      return mistakeAt(
        token,
        `unexpected \`${text}\` in a pattern`,
        "a pattern consists of names and sizes of axes, `(a b)`, `..`, `,` and `->`",
      );
  }
  if (group !== null) return mistakeAt(open, "unclosed `(`");
  const arrow = tokens
    .filter((token) => token.text === "," || token.text === "->")
    .findIndex((token) => token.text === "->");
  if (arrow + 2 !== sides.length)
    return mistakeAt(tokens.findLast((token) => token.text === ",") ?? whole, "a pattern has one result");
  for (const side of sides) {
    const once = (word: Word): boolean =>
      word.kind === "rest" || (word.kind === "name" && !(repeats && side !== sides.at(-1)));
    const twice = side.flat().find((word, k, words) => once(word) && words.findIndex((w) => w.text === word.text) < k);
    if (twice !== undefined) return mistakeAt(twice, `duplicate axis \`${twice.text}\` on one side`);
  }
  return { operands: sides.slice(0, -1), result: sides.at(-1) ?? [], mistakeAt };
}

/** The span of a part of a string literal; the whole literal if it has escapes or is computed. */
function spanInside(span: Span, pattern: string, at: number, end: number): Span {
  const written = span.source.text.slice(span.start, span.end);
  return written === `"${pattern}"`
    ? { ...span, start: span.start + 1 + at, end: span.start + 1 + Math.max(end, at + 1) }
    : span;
}

/**
 * Replaces `..` by a word for each remaining axis: `..0`, `..1`, counted from the last one so that operands of
 * different rank align. Null if the rank does not match.
 */
export function withoutRest(side: Side, rank: number): Side | null {
  const at = side.findIndex(([word]) => word?.kind === "rest");
  const count = rank - side.length + (at >= 0 ? 1 : 0);
  if (at < 0 ? count !== 0 : count < 0) return null;
  return at < 0 ? side : side.toSpliced(at, 1, ...restAxes(side, at, count));
}

const restAxes = (side: Side, at: number, count: number): Side =>
  Array.from({ length: count }, (_, k) => [
    { ...(side[at]?.[0] ?? { at: 0, end: 0 }), kind: "name", text: `..${count - k}` } satisfies Word,
  ]);

/** Replaces `..` of the result by as many axes as the longest `..` of the operands. */
export function restOf(side: Side, count: number): Side {
  const at = side.findIndex(([word]) => word?.kind === "rest");
  return at < 0 ? side : side.toSpliced(at, 1, ...restAxes(side, at, count));
}
