/**
 * An error in the use of a compiled model: a wrong input, an unknown entry, weights that do not match. Codes are
 * stable. The message is rendered as the compiler renders its diagnostics. The parts are not enumerable, so that a host
 * that prints an uncaught error prints its message and stack alone.
 *
 * @example
 * import { compile, DlcError } from "dlc";
 * const model = await compile("mlp.dl", { dims: { N: 1 } });
 * try {
 *   model.run("predict", { image: new Float32Array(783) });
 * } catch (error) {
 *   error instanceof DlcError; // => true
 *   error.code; // => "E0812"
 * }
 */
export class DlcError extends Error {
  static override readonly name: string = "DlcError";
  declare readonly code: string;
  /** The message without its code, location and help. */
  declare readonly says: string;
  declare readonly help: string | undefined;
  /** `model.dl:7:16`: where the file declares what the error is about. */
  declare readonly at: string | undefined;

  constructor(code: string, says: string, help?: string, at?: string) {
    super(
      `error[${code}]: ${says}${at === undefined ? "" : `\n --> ${at}`}${help === undefined ? "" : `\n  = help: ${help}`}`,
    );
    for (const [name, value] of Object.entries({ name: "DlcError", code, says, help, at }))
      Object.defineProperty(this, name, { value, writable: true });
  }
}

/** The only `throw` of the runtime. */
export function raise(error: unknown): never {
  throw error;
}

/** Rejects what the user has passed. */
export function reject(code: string, says: string, help?: string, at?: string): never {
  raise(new DlcError(code, says, help, at));
}

/** `a, b and 3 more` */
export function list(names: readonly string[], most = 8): string {
  return names.length <= most ? names.join(", ") : `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
}
