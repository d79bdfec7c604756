/** The public entry point of the language: text to AST, diagnostics as data, one canonical format. */
export type * from "./ast.ts";
export { syntaxCodes, type SyntaxCode } from "./codes.ts";
export type { Diagnostic, Label } from "./diagnostic.ts";
export { DiagnosticError } from "./diagnostic-error.ts";
export { stripSpans } from "./equal.ts";
export { format, formatWidth, type Formatted } from "./format.ts";
export { parse, type Parsed } from "./parse.ts";
export { diagnosticJson, renderDiagnostic, type JsonDiagnostic, type RenderOptions } from "./render.ts";
export { cover, locationOf, position, type Source, type Span } from "./span.ts";
export { didYouMean } from "./suggest.ts";
