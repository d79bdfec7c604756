import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { DiagnosticError } from "../../dsl/diagnostic-error.ts";
import { diagnosticJson, renderDiagnostic } from "../../dsl/render.ts";
import { DlcError } from "../../runtime/error.ts";
import { readText } from "./files.ts";
import { hasColor } from "./terminal.ts";

/** `internal`: a bug in dlc (EX_SOFTWARE of sysexits.h); `interrupted`: 128 + SIGINT, the shell's convention. */
export const exitCodes = { ok: 0, diagnostics: 1, usage: 2, internal: 70, interrupted: 130 } as const;

/** The diagnostics of a user's error; null for a bug in dlc. */
export function diagnosticsOf(error: unknown): readonly Diagnostic[] | null {
  if (error instanceof DiagnosticError) return error.diagnostics;
  if (error instanceof DlcError)
    return [
      {
        code: error.code,
        says: error.says,
        ...(error.help !== undefined && { help: error.help }),
        ...(error.at !== undefined && declaration(error.at)),
      },
    ];
  return null;
}

/** The label of a location such as `lenet.dl:7:16`, if the file can still be read. */
function declaration(at: string): Pick<Diagnostic, "at"> {
  const [, name = "", line = "", column = ""] = /^(.*):(\d+):(\d+)$/s.exec(at) ?? [];
  try {
    const source = { name, text: readText(name) };
    const lines = source.text.split("\n").slice(0, Number(line) - 1);
    const start = lines.reduce((sum, text) => sum + text.length + 1, Number(column) - 1);
    const length = /^\w*/.exec(source.text.slice(start))?.[0].length ?? 0;
    return { at: { span: { source, start, end: start + length }, says: "declared here" } };
  } catch {
    return {};
  }
}

export function printDiagnostics(diagnostics: readonly Diagnostic[], json: boolean): void {
  if (json) console.log(JSON.stringify({ diagnostics: diagnostics.map(diagnosticJson) }, null, 2));
  else
    for (const diagnostic of diagnostics)
      process.stderr.write(
        `${renderDiagnostic(diagnostic, { color: hasColor(process.stderr), command: true }).trimEnd()}\n\n`,
      );
}

/** Prints the error that ended a command, and returns the exit code. `DLC_TRACE=1` shows the stack. */
export function reportError(error: unknown, json: boolean): number {
  if (process.env["DLC_TRACE"] === "1") console.error(error);
  const diagnostics = diagnosticsOf(error);
  if (diagnostics !== null) {
    printDiagnostics(diagnostics, json);
    return exitCodes.diagnostics;
  }
  const says = error instanceof Error ? error.message : String(error);
  console.error(says.startsWith("internal error") ? says : `internal error in dlc: ${says}; please report it`);
  if (process.env["DLC_TRACE"] !== "1") console.error("Set DLC_TRACE=1 to see the stack trace.");
  return exitCodes.internal;
}
