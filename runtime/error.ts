/** A mistake in the use of a compiled model: a wrong input, unknown entry, or weights that do not fit. Codes are stable. */
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

/** What a checked run has found (`guards.ts`): a mistake of the compiler, not of the caller. */
export class MemoryFault extends DlcError {
  readonly entry: string;
  /** The kernel that did it, or that met it; null where it was not a kernel. */
  readonly kernel: string | null;
  /** Bytes from the start of the arena. */
  readonly offset: number;
  /** What lies there; null for memory that is nobody's. */
  readonly holds: string | null;

  constructor(code: string, says: string, fault: Pick<MemoryFault, "entry" | "kernel" | "offset" | "holds">) {
    super(code, says);
    this.name = "MemoryFault";
    this.entry = fault.entry;
    this.kernel = fault.kernel;
    this.offset = fault.offset;
    this.holds = fault.holds;
  }
}

/** The one `throw` of the runtime. */
export function raise(error: DlcError): never {
  throw error;
}

export function fail(code: string, says: string, help?: string): never {
  raise(new DlcError(code, says, help));
}

/** `a, b and 3 more` */
export function list(names: readonly string[], most = 8): string {
  return names.length <= most ? names.join(", ") : `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
}
