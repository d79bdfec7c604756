import type { Alternative, Choice, Cursor, Optional, Part, Rule } from "./grammar-parts.ts";
import { pathsInto, pathsOfChoice, type Path } from "./lookahead.ts";
import { isA, virtualToken, type Token, type TokenType } from "./token.ts";
import { EndOfItem } from "./tokens.ts";

/** What a rule has matched. */
export interface Tree {
  readonly name: string;
  /** By the name of a rule or token type, or by a label. */
  readonly children: Readonly<Record<string, readonly (Tree | Token)[]>>;
  readonly start: number;
  readonly end: number;
}

/** Where the text is not one of the grammar. */
export interface SyntaxFailure {
  /** Index of the token, which is the number of tokens at the end. */
  readonly at: number;
  /** Empty if a text of the grammar ends before. */
  readonly expected: readonly TokenType[];
  /** Names of the rules that the parser was in. */
  readonly rules: readonly string[];
}

export type Parse =
  | { readonly tree: Tree; readonly failure: null }
  | { readonly tree: null; readonly failure: SyntaxFailure };

/** Parses all tokens by a rule. */
export function parseBy(rule: Rule, tokens: readonly Token[]): Parse {
  const parser = new Parser(tokens);
  const tree = parser.tree(rule);
  const { at, expected, rules } = parser;
  return tree !== null && at === tokens.length
    ? { tree, failure: null }
    : { tree: null, failure: { at, expected, rules } };
}

const endOfItem = virtualToken(EndOfItem, NaN);

type Children = Record<string, (Tree | Token)[]>;

/** Its methods return false, or null, where the text fails; the place is that of the parser then. */
class Parser implements Cursor {
  at = 0;
  expected: readonly TokenType[] = [];
  readonly rules: string[] = [];
  first: Token = endOfItem;
  private readonly tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  LA(k: number): Token {
    return this.tokens[this.at + k - 1] ?? endOfItem;
  }

  tree(rule: Rule): Tree | null {
    const { first } = this;
    this.first = this.LA(1);
    this.rules.push(rule.name);
    const { startOffset: start } = this.first;
    const children: Children = {};
    if (!this.all(rule.parts(), children)) return null;
    this.rules.pop();
    this.first = first;
    return { name: rule.name, children, start, end: this.LA(0).endOffset };
  }

  private all(parts: readonly Part[], into: Children): boolean {
    for (const part of parts) if (!this.part(part, into)) return false;
    return true;
  }

  private part(part: Part, into: Children): boolean {
    switch (part.kind) {
      case "token":
        return this.child(part, part.name, into);
      case "rule":
        return this.child(part, part.name, into);
      case "labelled":
        return this.child(part.of, part.label, into);
      case "choice":
        return this.choice(part, into);
      case "optional":
        return this.optional(part, into);
    }
  }

  private child(part: TokenType | Rule, name: string, into: Children): boolean {
    const child = part.kind === "token" ? this.token(part) : this.tree(part);
    if (child === null) return false;
    const known = into[name];
    if (known === undefined) into[name] = [child];
    else known.push(child);
    return true;
  }

  private token(type: TokenType): Token | null {
    const token = this.LA(1);
    if (isA(token, type)) {
      this.at++;
      return token;
    }
    this.expected = [type];
    return null;
  }

  private choice(part: Choice, into: Children): boolean {
    const second = this.LA(2);
    for (const { alternative, seconds } of candidates(part, this.LA(1).tokenType)) {
      const { parts, gate } = alternative;
      if (!seconds.some((type) => type === null || isA(second, type)) || gate?.(this) === false) continue;
      return this.all(parts, into);
    }
    return this.fails(pathsOfChoice(part, 2).flat());
  }

  private optional(part: Optional, into: Children): boolean {
    if (!this.begins(part)) return part.occurs !== "at least once" || this.fails(pathsInto(part, 2));
    const { separator, occurs, parts } = part;
    for (;;) {
      if (!this.all(parts, into)) return false;
      if (occurs === "at most once") return true;
      if (separator === null ? !this.begins(part) : this.LA(1).tokenType !== separator) return true;
      if (separator !== null) this.child(separator, separator.name, into);
    }
  }

  private begins(part: Optional): boolean {
    const second = this.LA(2);
    const seconds = secondsOf(part, this.LA(1).tokenType);
    return seconds.some((type) => type === null || isA(second, type)) && part.gate?.(this) !== false;
  }

  private fails(paths: readonly Path[]): false {
    this.expected = [...new Set(paths.flatMap((path) => path.slice(0, 1)))];
    return false;
  }
}

/** An alternative that can begin with a token, and the types of the token after it; null for any. */
interface Candidate {
  readonly alternative: Alternative;
  readonly seconds: readonly (TokenType | null)[];
}

const choices = new WeakMap<Choice, Predictions<readonly Candidate[]>>();
const optionals = new WeakMap<Optional, Predictions<readonly (TokenType | null)[]>>();

interface Predictions<T> {
  readonly paths: readonly (readonly Path[])[];
  readonly byFirst: Map<TokenType, T>;
}

function candidates(part: Choice, first: TokenType): readonly Candidate[] {
  return predicted(
    choices,
    part,
    first,
    () => pathsOfChoice(part, part.tokens),
    (paths) =>
      part.alternatives.flatMap((alternative, i) => {
        const seconds = secondsAfter(paths[i] ?? [], first);
        return seconds.length === 0 ? [] : [{ alternative, seconds }];
      }),
  );
}

const secondsOf = (part: Optional, first: TokenType): readonly (TokenType | null)[] =>
  predicted(
    optionals,
    part,
    first,
    () => [pathsInto(part, part.tokens)],
    ([paths = []]) => secondsAfter(paths, first),
  );

/** Computed once for each part and token, since a text uses few of them. */
function predicted<P extends object, T>(
  known: WeakMap<P, Predictions<T>>,
  part: P,
  first: TokenType,
  pathsOfPart: () => readonly (readonly Path[])[],
  predict: (paths: readonly (readonly Path[])[]) => T,
): T {
  const predictions = known.get(part) ?? { paths: pathsOfPart(), byFirst: new Map<TokenType, T>() };
  known.set(part, predictions);
  const found = predictions.byFirst.get(first) ?? predict(predictions.paths);
  predictions.byFirst.set(first, found);
  return found;
}

const secondsAfter = (paths: readonly Path[], first: TokenType): readonly (TokenType | null)[] =>
  paths.flatMap(([one, two = null]) => (one === undefined || first.kinds.has(one) ? [two] : []));
