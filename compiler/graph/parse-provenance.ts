// Reads the comments that `showProvenance` writes.
import type { Span } from "../../dsl/span.ts";
import { roles, type Location, type Origin, type Provenance, type Role } from "./provenance.ts";

const record =
  /^# #(\d{1,9}) ("(?:[^"\\]|\\.){0,999}"|\S+) (\w+)(?: of #(\d{1,9}))?(?: at (.+?:\d+:\d+\]?))?(?: by ([\w-]+)(?:: (.*))? from (#\d{1,9}(?:, #\d{1,9})*))?$/;

/** Between calls: after a line and a column, since the name of a file may contain the sign. */
const arrow = /(?<=:\d{1,9}:\d{1,9}\]?) > /;

/** Whether a comment is a record, valid or not. */
export const isRecord = (comment: string): boolean => /^# #\d/.test(comment);

/** The locations that a record mentions, as text: `net.dl:7:20`. */
export const locationsIn = (comment: string): readonly string[] =>
  (record.exec(comment)?.[5] ?? "").split(arrow).map((text) => text.replace(/^\[(.*)\]$/, "$1"));

/**
 * The records of a text by their comments, or the first invalid comment. The sources of a record must have smaller ids.
 */
export function parseRecords(
  comments: readonly string[],
  spanOf: (location: string) => Span | null,
): ReadonlyMap<string, Provenance> | { readonly wrong: string } {
  const known = new Map<number, Provenance>();
  const byText = new Map<string, Provenance>();
  const idOf = (comment: string): number => Number(record.exec(comment)?.[1] ?? -1);
  for (const comment of comments.toSorted((a, b) => idOf(a) - idOf(b))) {
    const found = parseRecord(comment, known, spanOf);
    if (found === null || known.has(found.id)) return { wrong: comment };
    known.set(found.id, found);
    byText.set(comment, found);
  }
  return byText;
}

function parseRecord(
  comment: string,
  known: ReadonlyMap<number, Provenance>,
  spanOf: (location: string) => Span | null,
): Provenance | null {
  const match = record.exec(comment);
  if (match === null) return null;
  const [, id, name = "", roleText = "", of, at, pass, rule, sources] = match;
  const role = roles.find((each): each is Role => each === roleText);
  const path = unquoted(name);
  const forward = of === undefined ? null : known.get(Number(of));
  const from = (sources?.match(/\d+/g) ?? []).flatMap((source) => known.get(Number(source)) ?? []);
  const whole = from.length === (sources?.match(/\d+/g) ?? []).length;
  if (role === undefined || path === null || forward === undefined || !whole) return null;
  const origin: Origin | null = pass === undefined ? null : { pass, rule: rule ?? null, from };
  return { id: Number(id), attribution: { path, role, forward, ...locationOf(at ?? "", spanOf) }, origin };
}

function unquoted(name: string): string | null {
  if (!name.startsWith('"')) return name;
  try {
    return String(JSON.parse(name));
  } catch {
    return null;
  }
}

function locationOf(
  text: string,
  spanOf: (location: string) => Span | null,
): { readonly location: Location | null; readonly span: Span | null } {
  let location: Location | null = null;
  let named: Span | null = null;
  for (const part of text === "" ? [] : text.split(arrow)) {
    const [, inner] = /^\[(.*)\]$/.exec(part) ?? [];
    const span = spanOf(inner ?? part);
    if (span === null) return { location: null, span: null };
    location = { span, caller: location };
    if (inner !== undefined) named = span;
  }
  return { location, span: named };
}
