/**
 * What a guest reports: the hash of the trial, or the error of the model. Errors of the host have a name as code. Or
 * what a page shows.
 */
export type Outcome =
  | { readonly hash: string }
  | { readonly shows: string }
  | { readonly error: { readonly code: string; readonly message: string } };

/** A program that runs JavaScript. */
export interface Engine {
  readonly name: string;
  /** The reason why it cannot run here. */
  readonly missing?: string | undefined;
  version(): Promise<string>;
}

/** What the outcome must be: the hash that all others have, a text on a page, or an error. */
export type Expectation = "hash" | { readonly shows: RegExp } | { readonly code: string; readonly message: RegExp };

/** A way to bring the model into an engine. */
export interface Host {
  readonly engine: Engine;
  /** What distinguishes it from other hosts of the engine. */
  readonly way: string;
  readonly expects: Expectation;
  run(): Promise<Outcome>;
}

export const nameOf = ({ engine, way }: Host): string => `${engine.name}, ${way}`;

/** Rejects if `work` takes longer than `seconds`. */
export async function within<T>(seconds: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no outcome after ${seconds} s`)), 1000 * seconds);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
