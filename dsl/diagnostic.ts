import type { Span } from "./span.ts";

export interface Label {
  readonly span: Span;
  readonly says: string;
}

/** A user's mistake, as data. `code` is stable (`E0404`, or a condition of an op such as `dot-c2`). */
export interface Diagnostic {
  /** The code of a warning begins with `W`: the program is valid, but probably not what was meant. */
  readonly code: string;
  readonly says: string;
  /** The location of the mistake; absent if there is no source text (a missing file, a bad flag). */
  readonly at?: Label;
  /** Other locations involved in the mistake. */
  readonly also?: readonly Label[];
  readonly help?: string;
  /** What the command line says instead of `help`, if the two differ: `--dim N=32`, not `dims: { N: 32 }`. */
  readonly commandHelp?: string;
}

export const isWarning = ({ code }: Diagnostic): boolean => code.startsWith("W");
