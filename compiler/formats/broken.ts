import { DiagnosticError } from "../../dsl/diagnostic.ts";

/** A file that is not what it says it is, or that holds what we do not read. */
export function broken(code: string, name: string, says: string, help?: string): never {
  throw new DiagnosticError([{ code, says: `${name}: ${says}`, ...(help === undefined ? {} : { help }) }]);
}

/** Bytes that a shape needs, or null where a size is no size or the product leaves the safe integers. */
export function checkedBytes(shape: readonly number[], elementBytes: number): number | null {
  let total = elementBytes;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) return null;
    total *= size;
    if (!Number.isSafeInteger(total)) return null;
  }
  return total;
}
