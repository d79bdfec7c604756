import { DiagnosticError } from "../../dsl/diagnostic-error.ts";

/** Rejects a file that is invalid or that uses an unsupported feature. */
export function rejectFile(code: string, name: string, message: string, help?: string): never {
  throw new DiagnosticError([{ code, says: `${name}: ${message}`, ...(help === undefined ? {} : { help }) }]);
}

/** The bytes that a shape needs, or null if a size is invalid or the product is not a safe integer. */
export function checkedBytes(shape: readonly number[], elementBytes: number): number | null {
  let total = elementBytes;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) return null;
    total *= size;
    if (!Number.isSafeInteger(total)) return null;
  }
  return total;
}
