/** A planted bug: one piece of one source file, replaced as the file is loaded. The file on disk stays as it is. */
export interface Mutant {
  readonly name: string;
  /** What goes wrong. */
  readonly says: string;
  /** Relative to the root of the project. */
  readonly file: string;
  /** Text that stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
}
