import { DiagnosticError } from "../../dsl/diagnostic.ts";
import { position, type Source } from "../../dsl/span.ts";
import type { CompileOptions } from "../compile.ts";
import { elaborate } from "../frontend/program.ts";
import { makeTrace } from "../frontend/values/trace.ts";
import { withAssumedDims } from "./assumed-dims.ts";

/**
 * The text of a file with the inferred types at the ends of its lines: the type of each `let` and of each step of a
 * pipe, and every type where one expression has several. Throws a `DiagnosticError` for errors in the text.
 */
export function showShapes(source: Source, options: CompileOptions): string {
  const dims = { ...options.dims, ...options.variants?.[0] };
  const { resolve, entries } = options;
  const { program, diagnostics, trace } = withAssumedDims([dims], (assumedDim) => {
    const seen = makeTrace();
    return {
      ...elaborate(source, { variants: [dims], resolve, ...(entries && { entries }), assumedDim, trace: seen }),
      trace: seen,
    };
  });
  if (program === null) throw new DiagnosticError(diagnostics);
  const byLine = new Map<number, Map<number, Set<string>>>();
  for (const { span, says } of trace.shapes) {
    if (span.source !== source) continue;
    const { line, column } = position(source, span.end);
    const byColumn = byLine.get(line) ?? new Map<number, Set<string>>();
    byLine.set(line, byColumn.set(column, (byColumn.get(column) ?? new Set<string>()).add(says)));
  }
  const lines = source.text.split("\n");
  const width = Math.min(100, Math.max(0, ...[...byLine.keys()].map((line) => lines[line - 1]?.length ?? 0)));
  return lines
    .map((text, k) => {
      const byColumn = byLine.get(k + 1);
      if (byColumn === undefined) return text;
      const steps = [...byColumn].sort(([a], [b]) => a - b).map(([, types]) => [...types].join(" or "));
      return `${text.padEnd(width)}  // ${steps.join(" |> ")}`;
    })
    .join("\n");
}
