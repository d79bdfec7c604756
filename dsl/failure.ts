import type { Token } from "./token.ts";
import type { SyntaxCode } from "./codes.ts";

/** The state of the parser at a failure. */
export interface Failure {
  /** Null at the end of a line. */
  readonly found: Token | null;
  readonly previous: Token | null;
  readonly next: Token | null;
  /** The first token of the statement, or of the item. */
  readonly first: Token | null;
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
  readonly at?: Token;
}

export type Rule = (failure: Failure) => Hint | null;
