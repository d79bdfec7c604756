import { DiagnosticError } from "../../dsl/diagnostic-error.ts";

/**
 * Rejects a user's input with a diagnostic that has no location in a source text: a missing file, weights of another
 * run, data that does not match.
 */
export function reject(code: string, says: string, help?: string): never {
  throw new DiagnosticError([{ code, says, ...(help === undefined ? {} : { help }) }]);
}
