// A grammar as data: what a rule is made of.
import type { Token, TokenType } from "./token.ts";

export type Part = TokenType | Rule | Labelled | Choice | Optional;

/** Its parts are made when a parser first comes to it: a text uses few of the rules. */
export interface Rule {
  readonly kind: "rule";
  readonly name: string;
  readonly parts: () => readonly Part[];
}

/** A token or tree that its parent has under another name than its own. */
export interface Labelled {
  readonly kind: "labelled";
  readonly label: string;
  readonly of: TokenType | Rule;
}

/** The first alternative whose gate is open and which begins like the text. */
export interface Choice {
  readonly kind: "choice";
  readonly alternatives: readonly Alternative[];
  readonly tokens: Lookahead;
}

export interface Alternative {
  readonly parts: readonly Part[];
  readonly gate: Gate | null;
}

/** Parts that occur as often as the text begins like them and unlike what follows. */
export interface Optional {
  readonly kind: "optional";
  readonly parts: readonly Part[];
  readonly occurs: "at most once" | "any number" | "at least once";
  readonly separator: TokenType | null;
  readonly gate: Gate | null;
  readonly tokens: Lookahead;
  /** What follows in the rule. */
  readonly after: readonly Part[];
}

/** With how many tokens a parser decides. */
export type Lookahead = 1 | 2;

/** The text from where the parser is. */
export interface Cursor {
  /** The `k`th token from here, from 1. */
  readonly LA: (k: number) => Token;
  /** The first token of the rule. */
  readonly first: Token;
}

/** A condition that the next two tokens cannot express. */
export type Gate = (cursor: Cursor) => boolean;

export function rule(name: string, parts: () => readonly Part[]): Rule {
  let made: readonly Part[] | null = null;
  return { kind: "rule", name, parts: () => (made ??= followed(parts(), [])) };
}

function followed(parts: readonly Part[], rest: readonly Part[]): readonly Part[] {
  return parts.map((part, i) => {
    const after = [...parts.slice(i + 1), ...rest];
    if (part.kind === "optional") return { ...part, parts: followed(part.parts, after), after };
    if (part.kind !== "choice") return part;
    return { ...part, alternatives: part.alternatives.map((a) => ({ ...a, parts: followed(a.parts, after) })) };
  });
}

export const as = (label: string, of: TokenType | Rule): Labelled => ({ kind: "labelled", label, of });

export const alternative = (...parts: readonly Part[]): Alternative => ({ parts, gate: null });
export const gated = (gate: Gate, ...parts: readonly Part[]): Alternative => ({ parts, gate });

export const choice = (...alternatives: readonly (Part | Alternative)[]): Choice => ({
  kind: "choice",
  alternatives: alternatives.map((each) => ("kind" in each ? alternative(each) : each)),
  tokens: 2,
});

const occurring =
  (occurs: Optional["occurs"]) =>
  (...parts: readonly Part[]): Optional => ({
    kind: "optional",
    parts,
    occurs,
    separator: null,
    gate: null,
    tokens: 2,
    after: [],
  });

export const option = occurring("at most once");
export const many = occurring("any number");
export const separated = (separator: TokenType, ...parts: readonly Part[]): Optional => ({
  ...many(...parts),
  separator,
});
export const someSeparated = (separator: TokenType, ...parts: readonly Part[]): Optional => ({
  ...occurring("at least once")(...parts),
  separator,
});
