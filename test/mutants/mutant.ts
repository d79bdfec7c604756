/**
 * A seeded fault: one piece of text of one source file, replaced when the file is loaded. The file on disk does not
 * change.
 */
export interface Mutant {
  readonly name: string;
  /** What the mutated compiler does wrong. */
  readonly effect: string;
  /** Relative to the root of the project. */
  readonly file: string;
  /** Text that occurs in the file exactly once. White space matches any white space, so formatting does not matter. */
  readonly from: string;
  readonly to: string;
}
