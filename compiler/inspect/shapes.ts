import { DiagnosticError } from "../../dsl/diagnostic-error.ts";
import { position, type Source } from "../../dsl/span.ts";
import type { CompileOptions } from "../compile.ts";
import { allSets, variantsOf, withKnownDims } from "../frontend/given-dims.ts";
import { elaborate } from "../frontend/program.ts";
import { makeTrace } from "../frontend/values/trace.ts";
import { withAssumedDims } from "./assumed-dims.ts";

/** The types on one line: the steps of its pipes from left to right, each with every type that it has. */
export interface LineShapes {
  /** From 1. */
  readonly line: number;
  readonly types: readonly (readonly string[])[];
}

/**
 * The inferred types in a file: the type of each `let` and of each step of a pipe, and every type where one expression
 * has several. Throws a `DiagnosticError` for errors in the text.
 */
export function shapesIn(source: Source, options: CompileOptions): readonly LineShapes[] {
  const given = variantsOf(options);
  const { resolve, entries } = options;
  const found = withAssumedDims((assumedDim) => {
    const seen = makeTrace();
    return {
      ...elaborate(source, { ...given, resolve, ...(entries && { entries }), assumedDim, trace: seen }),
      trace: seen,
    };
  });
  const { program, diagnostics, trace } = withKnownDims(found, allSets(given));
  if (program === null) throw new DiagnosticError(diagnostics);
  const byLine = new Map<number, Map<number, Set<string>>>();
  for (const { span, says } of trace.shapes) {
    if (span.source !== source) continue;
    const { line, column } = position(source, span.end);
    const byColumn = byLine.get(line) ?? new Map<number, Set<string>>();
    byLine.set(line, byColumn.set(column, (byColumn.get(column) ?? new Set<string>()).add(says)));
  }
  return [...byLine]
    .sort(([a], [b]) => a - b)
    .map(([line, byColumn]) => ({
      line,
      types: [...byColumn].sort(([a], [b]) => a - b).map(([, types]) => [...types]),
    }));
}

/**
 * The text of a file with its types at the ends of its lines. Throws a `DiagnosticError` for errors in the text.
 *
 * @example
 * import { showShapes } from "dlc/compiler";
 * showShapes(source, options).includes("f32[N=1, 784] |> f32[N=1, 256]"); // => true
 */
export function showShapes(source: Source, options: CompileOptions): string {
  const byLine = new Map(shapesIn(source, options).map(({ line, types }) => [line, types]));
  const lines = source.text.split("\n");
  const width = Math.min(100, Math.max(0, ...[...byLine.keys()].map((line) => lines[line - 1]?.length ?? 0)));
  return lines
    .map((text, k) => {
      const types = byLine.get(k + 1);
      if (types === undefined) return text;
      return `${text.padEnd(width)}  // ${types.map((each) => each.join(" or ")).join(" |> ")}`;
    })
    .join("\n");
}
