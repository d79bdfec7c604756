/** This folder imports nothing of the compiler, so it has its own helpers for internal errors. */
export function present<T>(value: T | undefined | null, says: string): T {
  if (value === undefined || value === null) throw new Error(`internal error in dlc: ${says}; please diagnostics it`);
  return value;
}

export function never(value: never): never {
  throw new Error(`internal error in dlc: unexpected ${JSON.stringify(value)}; please diagnostics it`);
}
