import type { Block, Callable, Export, File, GradientRule, Import, Item, Where } from "./ast.ts";
import { Comments } from "./comments.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { breaks, concat, group, ifBroken, indent, join, layOut, line, nothing, trailing, type Doc } from "./doc.ts";
import { quote } from "./literal.ts";
import { parse } from "./parse.ts";
import { hasBraces, Printer } from "./printer.ts";
import type { Source, Span } from "./span.ts";

export const formatWidth = 100;

export interface Formatted {
  /** Null if the file has syntax errors. */
  readonly text: string | null;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The canonical form of a file: same tree, same comments, lines up to `formatWidth` wide where they can be broken.
 * Formatting is idempotent.
 */
export function format(source: Source): Formatted {
  const { file, diagnostics } = parse(source);
  return { text: file && diagnostics.length === 0 ? print(file, source) : null, diagnostics };
}

interface Part {
  readonly span: Span;
  readonly print: (printer: Printer) => Doc;
}

/** A file as text. Comments and blank lines come from `source`, which may be empty for a tree that was not parsed. */
export function print(file: File, source: Source): string {
  const comments = new Comments(source);
  const printer = new Printer(comments);
  let text = "";
  let last = 0;
  let tallBefore = false;
  const put = (chunk: string, span: { readonly start: number; readonly end: number }, apart: boolean): void => {
    if (text !== "" && (apart || comments.blankBetween(last, span.start))) text += "\n";
    text += `${chunk}\n`;
    last = span.end;
  };
  for (const part of parts(file)) {
    const above = comments.before(part.span.start);
    const doc = part.print(printer);
    const strewn = comments.before(part.span.end);
    const beside = comments.beside(part.span.end);
    const chunk = layOut(beside ? concat(doc, trailing(beside.text)) : doc, formatWidth);
    const lead = [...above, ...strewn];
    const tall = lead.length > 0 || chunk.includes("\n");
    for (const [i, comment] of lead.entries()) put(comment.text, comment, i === 0 && (tall || tallBefore));
    put(
      chunk,
      { start: part.span.start, end: beside?.end ?? part.span.end },
      lead.length === 0 && (tall || tallBefore),
    );
    tallBefore = tall;
  }
  for (const [i, comment] of comments.before(Infinity).entries()) put(comment.text, comment, i === 0 && tallBefore);
  return text;
}

function parts(file: File): readonly Part[] {
  return [
    ...(file.version === null ? [] : [{ span: headerSpan(file.span), print: (): Doc => `dl ${file.version}` }]),
    ...file.imports.map((each) => ({ span: each.span, print: () => importLine(each) })),
    ...file.exports.map((each) => ({ span: each.span, print: () => exportLine(each) })),
    ...file.items.map((each) => ({ span: each.span, print: (printer: Printer) => item(each, printer) })),
  ];
}

/** The span of the version line; the tree only holds the version. */
function headerSpan(file: Span): Span {
  const found = /^(?:\s|\/\/[^\n]*\n)*(?<line>dl[ \t]+\d+)/.exec(file.source.text);
  const end = found?.[0].length ?? 0;
  return { source: file.source, start: end - (found?.groups?.["line"]?.length ?? 0), end };
}

function importLine({ names, from }: Import): Doc {
  const each = names.map(({ name, alias }) => (alias ? `${name.text} as ${alias.text}` : name.text));
  return concat("import ", namesInBraces(each), ` from ${quote(from)}`);
}

const exportLine = ({ names }: Export): Doc => concat("export ", namesInBraces(names.map((name) => name.text)));

const namesInBraces = (names: readonly string[]): Doc =>
  group("{", indent(line, join(concat(",", line), names), ifBroken(",")), line, "}");

function item(each: Item, printer: Printer): Doc {
  switch (each.kind) {
    case "dim":
      return concat(
        "dim ",
        join(
          ", ",
          each.dims.map(({ name, value }) =>
            value ? concat(`${name.text} = `, printer.expression(value)) : name.text,
          ),
        ),
      );
    case "let":
      return printer.statement(each);
    case "entry":
      return concat(
        group(
          `${each.mode === "plain" ? "" : `${each.mode} `}entry ${each.name.text}`,
          printer.parameters(each.params),
        ),
        printer.body(each.body),
      );
    case "setting": {
      const range = each.range ? concat(" in ", printer.expression(each.range)) : nothing;
      return concat(
        `setting ${each.name.text}: `,
        printer.type(each.type),
        " = ",
        printer.expression(each.value),
        range,
      );
    }
    case "chain":
      return concat(`optimizer ${each.name.text} = `, printer.steps(each.steps));
    case "copy":
      return concat(`model ${each.name.text} = ${each.of.text}`);
    case "test":
      return concat(`test ${quote(each.title)} `, printer.block(each.body, true));
    default:
      return callable(each, printer);
  }
}

/**
 * A head that is too long for one line breaks its first list of parameters, then its second, but never its result type.
 */
function callable(each: Callable, printer: Printer): Doc {
  const { statics, params } = each;
  const lists =
    statics.length > 0
      ? [printer.parameters(statics), group(printer.parameters(params))]
      : [printer.parameters(params)];
  const result = each.result ? concat(" -> ", unbroken(printer.result(each.result))) : nothing;
  const head = group(`${each.kind} ${each.name.text}`, ...lists, result);
  const rule = each.gradient && gradient(each.gradient, printer, each.body);
  return concat(
    head,
    each.where.length > 0 ? conditions(each.where, each.body, printer) : printer.body(each.body),
    rule ?? nothing,
  );
}

function unbroken(doc: Doc): Doc {
  return breaks(doc) ? doc : layOut(doc, Infinity);
}

/** On one line with the head and the body, or each clause on its own line, with the brace of the body on another. */
function conditions(each: readonly Where[], block: Block, printer: Printer): Doc {
  const clauses = each.flatMap(({ condition, says }) => [
    line,
    concat("where ", printer.expression(condition), says ? concat(", ", printer.expression(says)) : nothing),
  ]);
  if (hasBraces(block)) return concat(group(indent(...clauses), line), printer.block(block, true));
  return group(indent(...clauses, line, "= ", indent(printer.equated(block))));
}

function gradient({ params, body: value }: GradientRule, printer: Printer, after: Block): Doc {
  const rule = concat(`with gradient (${params.map((p) => p.text).join(", ")}) `, printer.block(value));
  return hasBraces(after) ? concat(" ", rule) : group(indent(line, rule));
}
