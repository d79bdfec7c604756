import { DlcError } from "./error.ts";

/**
 * An error found by a checked run (`guards.ts`): a bug in the compiler, not in the caller's code.
 *
 * @example
 * import { MemoryFault } from "dlc/runtime";
 * const fault = { entry: "predict", kernel: "relu_f32", offset: 64, holds: null };
 * new MemoryFault("E0840", "predict: a write past the end of the arena", fault).kernel; // => "relu_f32"
 */
export class MemoryFault extends DlcError {
  readonly entry: string;
  /** The kernel that caused or met the fault; null if it was not a kernel. */
  readonly kernel: string | null;
  /** Bytes from the start of the arena. */
  readonly offset: number;
  /** The value at this offset; null for unused memory. */
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
