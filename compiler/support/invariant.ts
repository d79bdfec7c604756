/** Our own mistake, never the user's. */
export class InvariantError extends Error {
  readonly says: string;

  constructor(says: string) {
    super(`internal error in dlc: ${says}; please report it`);
    this.name = "InvariantError";
    this.says = says;
  }
}

export function fail(says: string): never {
  throw new InvariantError(says);
}

export function invariant(condition: unknown, says: string): asserts condition {
  if (!condition) throw new InvariantError(says);
}

/** For the default of a switch over a closed union. */
export function never(value: never): never {
  throw new InvariantError(`unexpected ${JSON.stringify(value)}`);
}

/** What `attempt` gives, or what `refused` makes of the words of a broken invariant: where a text of somebody else's may be what breaks it. */
export function holding<T>(attempt: () => T, refused: (says: string) => T): T {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof InvariantError) return refused(error.says);
    throw error;
  }
}

export function present<T>(value: T | undefined | null, says: string): T {
  invariant(value !== undefined && value !== null, says);
  return value;
}
