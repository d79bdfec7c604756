/**
 * An error in the use of a compiled model: a wrong input, an unknown entry, weights that do not match. Codes are
 * stable.
 */
export class DlcError extends Error {
  readonly code: string;
  /** The message without the help. */
  readonly says: string;
  readonly help: string | undefined;

  constructor(code: string, says: string, help?: string) {
    super(help === undefined ? says : `${says} (${help})`);
    this.name = "DlcError";
    this.code = code;
    this.says = says;
    this.help = help;
  }
}

/** The only `throw` of the runtime. */
export function raise(error: DlcError): never {
  throw error;
}

/** Rejects what the user has passed. */
export function reject(code: string, says: string, help?: string): never {
  raise(new DlcError(code, says, help));
}

/** `a, b and 3 more` */
export function list(names: readonly string[], most = 8): string {
  return names.length <= most ? names.join(", ") : `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
}
