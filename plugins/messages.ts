import { resolve } from "node:path";
import type { Diagnostic } from "../dsl/diagnostic.ts";
import { renderDiagnostic } from "../dsl/render.ts";
import { position } from "../dsl/span.ts";

/** An error or a warning as bundlers take it. Columns are counted from 0, as Rollup and esbuild do. */
export interface Message {
  readonly message: string;
  readonly plugin: string;
  readonly id?: string;
  readonly loc?: { readonly file: string; readonly line: number; readonly column: number };
  readonly frame?: string;
  readonly stack?: string;
}

/**
 * One message for several diagnostics, at the location of the first: bundlers report one error of a module. Those that
 * show no `frame` have it in the message.
 */
export function messageOf(diagnostics: readonly Diagnostic[], showsFrame: boolean): Message {
  const text = diagnostics.map((each) => renderDiagnostic(each, { color: false })).join("\n\n");
  const end = text.indexOf("\n");
  const [title, frame] = end < 0 ? [text, ""] : [text.slice(0, end), text.slice(end + 1)];
  const at = diagnostics[0]?.at?.span;
  const file = at && resolve(at.source.name);
  const start = at && position(at.source, at.start);
  return {
    message: showsFrame ? title : text,
    plugin: "dlc",
    ...(showsFrame && { frame }),
    // That of the plugin explains nothing.
    stack: "",
    ...(file !== undefined && start && { id: file, loc: { file, line: start.line, column: start.column - 1 } }),
  };
}
