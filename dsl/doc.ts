/**
 * Documents with possible line breaks, laid out to a width. After P. Wadler, "A prettier printer" (2003): a group is
 * written on one line if it fits, and with all its lines broken if not. `breaks` marks a document with a forced line
 * break.
 */
export type Doc =
  | string
  | { readonly kind: "concat"; readonly parts: readonly Doc[]; readonly breaks: boolean }
  | { readonly kind: "indent" | "group"; readonly of: Doc; readonly breaks: boolean }
  /** A newline if its group is broken, else `flat`. */
  | { readonly kind: "line"; readonly flat: string; readonly breaks: boolean }
  /** Text that only appears if its group is broken. */
  | { readonly kind: "if-broken"; readonly text: string; readonly breaks: false }
  /** A comment at the end of the line; it does not count for the width. */
  | { readonly kind: "trailing"; readonly text: string; readonly breaks: true };

export const line: Doc = { kind: "line", flat: " ", breaks: false };
export const softline: Doc = { kind: "line", flat: "", breaks: false };
export const hardline: Doc = { kind: "line", flat: "", breaks: true };
export const nothing: Doc = "";

export function concat(...parts: readonly Doc[]): Doc {
  return { kind: "concat", parts, breaks: parts.some(breaks) };
}

export function indent(...parts: readonly Doc[]): Doc {
  const of = concat(...parts);
  return { kind: "indent", of, breaks: breaks(of) };
}

export function group(...parts: readonly Doc[]): Doc {
  const of = concat(...parts);
  return { kind: "group", of, breaks: breaks(of) };
}

export function ifBroken(text: string): Doc {
  return { kind: "if-broken", text, breaks: false };
}

export function trailing(text: string): Doc {
  return { kind: "trailing", text, breaks: true };
}

export function join(separator: Doc, docs: readonly Doc[]): Doc {
  return concat(...docs.flatMap((doc, i) => (i === 0 ? [doc] : [separator, doc])));
}

export function breaks(doc: Doc): boolean {
  return typeof doc !== "string" && doc.breaks;
}

interface Command {
  readonly doc: Doc;
  readonly indent: number;
  readonly flat: boolean;
}

const step = 2;

export function layOut(doc: Doc, width: number): string {
  const commands: Command[] = [{ doc, indent: 0, flat: false }];
  const lines: string[] = [];
  let out = "";
  let column = 0;
  let comments = "";
  for (let command = commands.pop(); command; command = commands.pop()) {
    const { doc: current, indent: by, flat } = command;
    if (typeof current === "string") {
      out += current;
      column += current.length;
      continue;
    }
    switch (current.kind) {
      case "concat":
        pushParts(commands, current.parts, by, flat);
        break;
      case "indent":
        commands.push({ doc: current.of, indent: by + step, flat });
        break;
      case "group": {
        const tried = { doc: current.of, indent: by, flat: true };
        commands.push(
          flat || (!current.breaks && fits(tried, commands, width - column)) ? tried : { ...tried, flat: false },
        );
        break;
      }
      case "line":
        if (flat) {
          out += current.flat;
          column += current.flat.length;
        } else {
          lines.push((out + comments).trimEnd());
          out = " ".repeat(by);
          comments = "";
          column = by;
        }
        break;
      case "if-broken":
        commands.push({ doc: flat ? "" : current.text, indent: by, flat });
        break;
      case "trailing":
        comments += ` ${current.text}`;
        break;
    }
  }
  lines.push((out + comments).trimEnd());
  return lines.join("\n");
}

function pushParts(commands: Command[], parts: readonly Doc[], by: number, flat: boolean): void {
  for (let i = parts.length - 1; i >= 0; i--) commands.push({ doc: parts[i] ?? "", indent: by, flat });
}

/** Whether the text up to the next newline, in `first` or after it, is at most `width` wide. */
function fits(first: Command, rest: readonly Command[], width: number): boolean {
  const commands: Command[] = [first];
  let left = width;
  let next = rest.length;
  while (left >= 0) {
    const command = commands.pop() ?? rest[--next];
    if (!command) return true;
    const { doc, flat } = command;
    if (typeof doc === "string") left -= doc.length;
    else if (doc.kind === "concat") pushParts(commands, doc.parts, 0, flat);
    else if (doc.kind === "indent") commands.push({ doc: doc.of, indent: 0, flat });
    else if (doc.kind === "group") commands.push({ doc: doc.of, indent: 0, flat: flat && !doc.breaks });
    else if (doc.kind === "line") {
      if (!flat) return true;
      left -= doc.flat.length;
    } else if (doc.kind === "if-broken") left -= flat ? 0 : doc.text.length;
  }
  return false;
}
