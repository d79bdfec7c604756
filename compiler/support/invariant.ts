/** A bug in the compiler. Errors of users are diagnostics. */
export class InvariantError extends Error {
  /** The message without the request to report it. */
  readonly reason: string;

  constructor(reason: string) {
    super(`internal error in dlc: ${reason}; please report it`);
    this.name = "InvariantError";
    this.reason = reason;
  }
}

export function fail(message: string): never {
  throw new InvariantError(message);
}

export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** For the default case of a switch over a closed union. */
export function never(value: never): never {
  throw new InvariantError(`unexpected ${JSON.stringify(value)}`);
}

/**
 * The result of `attempt`, or of `recover` if an invariant is broken: for input, such as the text of a graph, that may
 * break invariants.
 */
export function recoverInvariant<T>(attempt: () => T, recover: (message: string) => T): T {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof InvariantError) return recover(error.reason);
    throw error;
  }
}

export function present<T>(value: T | undefined | null, message: string): T {
  invariant(value !== undefined && value !== null, message);
  return value;
}
