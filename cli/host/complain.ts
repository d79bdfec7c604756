import { DiagnosticError } from "../../dsl/diagnostic.ts";

/** A user's mistake that has no place in a source text: a missing file, weights of another run, data that do not fit. */
export function complain(code: string, says: string, help?: string): never {
  throw new DiagnosticError([{ code, says, ...(help === undefined ? {} : { help }) }]);
}
