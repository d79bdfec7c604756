import type { File, Import, Item } from "./ast.ts";
import { maxDepth, tooDeep } from "./depth.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { isStray } from "./hints.ts";
import { layout } from "./layout.ts";
import { lex, type Range } from "./lex.ts";
import { parseTolerantly } from "./recover.ts";
import { Report } from "./report.ts";
import type { Source, Span } from "./span.ts";
import { byEnd, toAst, type Part } from "./to-ast.ts";

/** In UTF-16 units; for ASCII text this is the number of bytes. */
const maxLength = 1 << 20;
const languageVersion = 1;

export interface Parsed {
  /** Null where nothing could be parsed (too large, too deep). With diagnostics, holds the items without a mistake: usable for an outline, not for compiling. */
  readonly file: File | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses a text to an AST. Every syntax error is a diagnostic (E0101 to E0115), several per run; it never throws. */
export function parse(source: Source): Parsed {
  const report = new Report(source);
  const file = source.text.length > maxLength ? tooLarge(report) : read(report);
  return { file, diagnostics: report.diagnostics };
}

/** As `parse`, for some lines of a file. */
export function parseLines(source: Source, range: Range): Parsed {
  const report = new Report(source);
  return { file: read(report, range), diagnostics: report.diagnostics };
}

function tooLarge(report: Report): null {
  report.add({
    code: "E0110",
    says: `the file has more than ${maxLength} characters`,
    at: { span: report.span(maxLength, maxLength), says: "the limit is exceeded here" },
    help: "split the file and `import` the parts",
  });
  return null;
}

function read(report: Report, range?: Range): File | null {
  const { tokens, comments, bad } = lex(report, range);
  const lines = layout(tokens, report);
  if (!lines) return null;
  const ends = byEnd(comments);
  const parts: Part[] = [];
  let strayBefore = false;
  for (const line of lines) {
    if (report.full) break;
    // The lines after a surplus brace are reported once.
    const stray = isStray(line);
    if (stray && strayBefore) continue;
    strayBefore = stray;
    const { tree, whole } = parseTolerantly(line, bad, report);
    if (!tree) continue;
    const part = toAst(tree, ends, report);
    if (whole) parts.push(part);
  }
  const file = arrange(parts, report);
  const deep = tooDeep(file);
  if (!deep) return file;
  report.add({
    code: "E0109",
    says: `expressions are nested more than ${maxDepth} deep`,
    at: { span: { ...deep, end: deep.start }, says: "the limit is exceeded here" },
    help: "name the inner parts with `let`",
  });
  return null;
}

function arrange(parts: readonly Part[], report: Report): File {
  const imports: Import[] = [];
  const items: Item[] = [];
  let version: number | null = null;
  for (const [i, part] of parts.entries()) {
    switch (part.kind) {
      case "header":
        if (i > 0) outOfOrder("the version must be on the first line", part.span, "move it to the top of the file", report);
        if (part.version !== languageVersion) unknownVersion(part.version, part.span, report);
        version = part.version;
        break;
      case "import":
        if (items.length > 0) outOfOrder("imports must precede all declarations", part.span, "move it above the first declaration", report);
        imports.push(part.import);
        break;
      case "item":
        items.push(part.item);
        break;
    }
  }
  return { version, imports, items, span: report.span(0, report.source.text.length) };
}

function outOfOrder(says: string, span: Span, help: string, report: Report): void {
  report.add({ code: "E0112", says, at: { span, says: "out of order" }, help });
}

function unknownVersion(version: number, span: Span, report: Report): void {
  report.add({
    code: "E0111",
    says: `unknown language version ${version}`,
    at: { span, says: "" },
    help: `this compiler supports \`dl ${languageVersion}\``,
  });
}
