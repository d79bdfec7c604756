import type { Export, File, Import, Item } from "./ast.ts";
import { maxDepth, tooDeep } from "./depth.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { isStray } from "./hints.ts";
import { layout } from "./layout.ts";
import { lex, type Lexed, type Range } from "./lex.ts";
import { parseTolerantly } from "./recover.ts";
import { warnOfQuotients } from "./quotients.ts";
import { DiagnosticList } from "./diagnostic-list.ts";
import type { Source, Span } from "./span.ts";
import { byEnd, toAst, type Part } from "./to-ast.ts";

/** In UTF-16 units; for ASCII text this is the number of bytes. */
const maxLength = 1 << 20;
const languageVersion = 1;

export interface Parsed {
  /**
   * Null where nothing could be parsed (too large, too deep). With diagnostics, holds the items without a mistake:
   * usable for an outline, not for compiling.
   */
  readonly file: File | null;
  readonly diagnostics: readonly Diagnostic[];
  /** Of a text without diagnostics: what is valid, but probably not what was meant. */
  readonly warnings: readonly Diagnostic[];
}

/** Parses a text to an AST. Every syntax error is a diagnostic (E0101 to E0115), several per run; it never throws. */
export function parse(source: Source): Parsed {
  const diagnostics = new DiagnosticList(source);
  if (source.text.length > maxLength)
    return { file: tooLarge(diagnostics), diagnostics: diagnostics.sorted, warnings: [] };
  const lexed = lex(diagnostics);
  const file = read(diagnostics, lexed);
  const warnings = new DiagnosticList(source);
  if (diagnostics.sorted.length === 0) warnOfQuotients(lexed.comments, warnings);
  return { file, diagnostics: diagnostics.sorted, warnings: warnings.sorted };
}

/** As `parse`, for some lines of a file. */
export function parseLines(source: Source, range: Range): Parsed {
  const diagnostics = new DiagnosticList(source);
  const file = read(diagnostics, lex(diagnostics, range));
  return { file, diagnostics: diagnostics.sorted, warnings: [] };
}

function tooLarge(diagnostics: DiagnosticList): null {
  diagnostics.add({
    code: "E0110",
    says: `the file has more than ${maxLength} characters`,
    at: { span: diagnostics.span(maxLength, maxLength), says: "the limit is exceeded here" },
    help: "split the file and `import` the parts",
  });
  return null;
}

function read(diagnostics: DiagnosticList, { tokens, comments, bad }: Lexed): File | null {
  const lines = layout(tokens, diagnostics);
  if (!lines) return null;
  const ends = byEnd(comments);
  const parts: Part[] = [];
  let strayBefore = false;
  for (const line of lines) {
    if (diagnostics.full) break;
    // The lines after a surplus brace are reported once.
    const stray = isStray(line, strayBefore);
    if (stray && strayBefore) continue;
    strayBefore = stray;
    const { tree, whole } = parseTolerantly(line, bad, diagnostics);
    if (!tree) continue;
    const part = toAst(tree, ends, diagnostics);
    if (whole && (part.kind !== "item" || !diagnostics.within(part.span))) parts.push(part);
  }
  const file = arrange(parts, diagnostics);
  const deep = tooDeep(file);
  if (!deep) return file;
  diagnostics.add({
    code: "E0109",
    says: `expressions are nested more than ${maxDepth} deep`,
    at: { span: { ...deep, end: deep.start }, says: "the limit is exceeded here" },
    help: "name the inner parts with `let`",
  });
  return null;
}

function arrange(parts: readonly Part[], diagnostics: DiagnosticList): File {
  const imports: Import[] = [];
  const exports: Export[] = [];
  const items: Item[] = [];
  let version: number | null = null;
  for (const [i, part] of parts.entries()) {
    switch (part.kind) {
      case "header":
        if (i > 0)
          outOfOrder("the version must be on the first line", part.span, "move it to the top of the file", diagnostics);
        if (part.version !== languageVersion) unknownVersion(part.version, part.span, diagnostics);
        version = part.version;
        break;
      case "import":
        if (items.length > 0 || exports.length > 0)
          outOfOrder(
            "imports must precede all exports and declarations",
            part.span,
            "move it above the first of them",
            diagnostics,
          );
        imports.push(part.import);
        break;
      case "export":
        if (items.length > 0)
          outOfOrder(
            "exports must precede all declarations",
            part.span,
            "move it above the first declaration",
            diagnostics,
          );
        exports.push(part.export);
        break;
      case "item":
        items.push(part.item);
        break;
    }
  }
  return { version, imports, exports, items, span: diagnostics.span(0, diagnostics.source.text.length) };
}

function outOfOrder(says: string, span: Span, help: string, diagnostics: DiagnosticList): void {
  diagnostics.add({ code: "E0112", says, at: { span, says: "out of order" }, help });
}

function unknownVersion(version: number, span: Span, diagnostics: DiagnosticList): void {
  diagnostics.add({
    code: "E0111",
    says: `unknown language version ${version}`,
    at: { span, says: "" },
    help: `this compiler supports \`dl ${languageVersion}\``,
  });
}
