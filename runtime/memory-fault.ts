import { DlcError } from "./error.ts";

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
