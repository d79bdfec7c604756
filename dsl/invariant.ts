/** This folder imports nothing of the compiler, so it has its own two lines for mistakes that are ours. */
export function present<T>(value: T | undefined | null, says: string): T {
  if (value === undefined || value === null) throw new Error(`internal error in dlc: ${says}; please report it`);
  return value;
}

export function never(value: never): never {
  throw new Error(`internal error in dlc: unexpected ${JSON.stringify(value)}; please report it`);
}
