import type { IToken } from "chevrotain";
import type { SyntaxCode } from "./codes.ts";

/** The state of the parser at a failure. */
export interface Failure {
  /** Null at the end of a line. */
  readonly found: IToken | null;
  readonly previous: IToken | null;
  readonly next: IToken | null;
  /** The first token of the statement, or of the item. */
  readonly first: IToken | null;
  /** Names of the expected tokens; empty if the item was complete. */
  readonly expected: readonly string[];
  readonly rule: string;
  readonly rules: readonly string[];
}

export interface Hint {
  readonly code?: SyntaxCode;
  readonly says?: string;
  readonly help: string;
  /** The location of the mistake, if it is not the token that was found. */
  readonly at?: IToken;
}

export type Rule = (failure: Failure) => Hint | null;
