import { createTokenInstance, tokenMatcher, type IToken, type TokenType } from "chevrotain";
import { bracketOf, closers, partners, probableEnd, tooDeep, unclosed, unopened } from "./brackets.ts";
import { present } from "./invariant.ts";
import { end } from "./lex.ts";
import type { DiagnosticList } from "./diagnostic-list.ts";
import * as t from "./tokens.ts";

/** Brackets nested deeper than this are an error, so that walking a tree cannot overflow the stack. */
const maxNesting = 200;

/** The tokens of one item, with balanced brackets and a `Newline` only at the end of a statement. */
export type Line = readonly IToken[];

/**
 * Splits the file into items and drops the newlines that do not end a statement: those inside `( )` and `[ ]`, after an
 * operator, a comma or an opening bracket, and before `|>`, a binary operator other than `-`, or a closing bracket. A
 * missing closing bracket is inserted where it most likely belongs, so that one mistake is one diagnostic. Null if
 * brackets are nested too deep.
 */
export function layout(tokens: readonly IToken[], diagnostics: DiagnosticList): readonly Line[] | null {
  return new Layout(tokens, diagnostics).run();
}

interface Open {
  readonly token: IToken;
  /** Its index among all tokens. */
  readonly index: number;
  /** Its index in its line. */
  readonly column: number;
}

class Layout {
  private readonly tokens: readonly IToken[];
  private readonly diagnostics: DiagnosticList;
  private readonly lines: Line[] = [];
  private line: IToken[] = [];
  private open: Open[] = [];
  /** Length of `line` before each token, to backtrack to when a missing closing bracket is inserted. */
  private readonly lengths: number[] = [];
  private newline: IToken | null = null;
  private at = 0;

  constructor(tokens: readonly IToken[], diagnostics: DiagnosticList) {
    this.tokens = tokens;
    this.diagnostics = diagnostics;
  }

  run(): readonly Line[] | null {
    for (;;) {
      const token = this.tokens[this.at];
      if (!token) {
        if (this.open.length === 0) break;
        this.closeMissing();
        continue;
      }
      this.lengths[this.at] = this.line.length;
      if (token.tokenType === t.Newline) {
        this.newline ??= token;
        this.at++;
      } else if (!this.settleNewline(token) || !this.bracket(token)) this.closeMissing();
      else if (this.open.length > maxNesting) {
        tooDeep(token, maxNesting, this.diagnostics);
        return null;
      } else this.at++;
    }
    this.flush();
    return this.lines;
  }

  private flush(): void {
    if (this.line.length > 0) this.lines.push(this.line);
    this.line = [];
  }

  /**
   * Keeps the newline before `token`, drops it, or ends the item with it. False if an item or statement begins inside
   * an open bracket.
   */
  private settleNewline(token: IToken): boolean {
    if (!this.newline) return true;
    const inner = this.open.at(-1)?.token.tokenType;
    const atMargin = token.startColumn === 1;
    const next = this.tokens[this.at + 1];
    if (inner && atMargin && beginsItem(token, next)) return false;
    if (inner && inner !== t.LBrace && beginsStatement(token, next)) return false;
    const begins = inner ? beginsStatement(token, next) : atMargin && beginsItem(token, next);
    const hangs =
      this.line.length === 0 || opensBlock(this.line) || (!begins && hangsAfter(this.line.at(-1), this.line.at(-2)));
    const ends = !hangs && !joinsBefore(token, this.line.at(-1)) && !this.joinsHead(token, next);
    if (!inner && ends && token.tokenType !== t.LBrace && token.tokenType !== t.LParen) this.flush();
    if (inner === t.LBrace && ends) this.line.push(this.newline);
    this.newline = null;
    return true;
  }

  /** The clauses of a declaration, a `scan` and a `while` may begin a line. */
  private joinsHead({ tokenType }: IToken, following: IToken | undefined): boolean {
    if (
      this.open.length === 0 &&
      (tokenType === where || (tokenType === t.contextual.with && following?.tokenType === gradient))
    )
      return true;
    if (tokenType === carry) return following !== undefined && tokenMatcher(following, t.Plain);
    if (tokenType === reversed) return following?.tokenType === carry || following?.tokenType === t.LBrace;
    const head = tokenType === along ? scan : t.reserved.while;
    return (tokenType === along || tokenType === until) && this.awaits(tokenType, head);
  }

  /** The statement has a `scan` without its `along`, or a `while` without its `until`. */
  private awaits(clause: TokenType, head: TokenType): boolean {
    let depth = 0;
    let met = 0;
    for (let i = this.line.length - 1; i >= 0; i--) {
      const type = this.line[i]?.tokenType ?? t.Newline;
      if (closers.has(type)) depth++;
      else if (depth > 0) depth -= partners.has(type) ? 1 : 0;
      else if (type === t.Newline || partners.has(type)) return false;
      else if (this.line[i - 1]?.tokenType === t.Dot) continue;
      else if (type === clause) met++;
      else if (type === head && --met < 0) return true;
    }
    return false;
  }

  /** Adds the token and tracks the open brackets. False if a bracket must have been closed before it. */
  private bracket(token: IToken): boolean {
    const type = token.tokenType;
    const inner = this.open.at(-1);
    if (inner && this.mustCloseBefore(type, inner)) return false;
    if (closers.has(type)) {
      const matching = this.open.findLastIndex((o) => partners.get(o.token.tokenType) === type);
      if (matching < 0) {
        unopened(token, this.diagnostics);
        return true;
      }
      if (matching < this.open.length - 1) return false;
      this.open.pop();
      this.dropTrailingComma();
    }
    this.line.push(token);
    if (partners.has(type)) this.open.push({ token, index: this.at, column: this.line.length - 1 });
    if (type === t.OpenString) this.bracketsWithin(token);
    return true;
  }

  private mustCloseBefore(type: TokenType, inner: Open): boolean {
    if (type === t.Arrow) return inner.token.tokenType !== t.LBrace;
    if (type === t.LBrace) return this.opensBody(inner);
    return type === t.reserved.else && this.leavesBlock(inner);
  }

  /**
   * In `model A(x: f32[N] {` the brace follows a complete term, so it is not a record, and it does not belong to an
   * `if`, a `repeat` or a function literal.
   */
  private opensBody({ token, column }: Open): boolean {
    if (token.tokenType === t.LBrace || hangsAfter(this.line.at(-1), this.line.at(-2))) return false;
    return !this.line
      .slice(column)
      .some(
        ({ tokenType }, k, { [k + 1]: next }) =>
          blockOpeners.has(tokenType) || (tokenType === fn && next?.tokenType === t.LParen),
      );
  }

  /** In `if a { b else { c }` the first block is still open. */
  private leavesBlock({ token, column }: Open): boolean {
    const [next, last] = [this.tokens[this.at + 1], this.line.at(-1)];
    if (
      token.tokenType !== t.LBrace ||
      next?.tokenType === t.Colon ||
      last?.tokenType === t.RBrace ||
      last?.tokenType === t.Dot
    )
      return false;
    const start = this.line
      .slice(0, column)
      .findLastIndex(({ tokenType }) => tokenType === t.Newline || partners.has(tokenType) || branching.has(tokenType));
    return branching.has(this.line[start]?.tokenType ?? t.Newline);
  }

  private dropTrailingComma(): void {
    const item = this.line.at(-2)?.tokenType;
    if (this.line.at(-1)?.tokenType === t.Comma && item && !partners.has(item) && item !== t.Comma) this.line.pop();
  }

  /** An unterminated string contains the brackets of its line; they count too, or each would be reported. */
  private bracketsWithin(string: IToken): void {
    for (const character of string.image) {
      const type = bracketOf.get(character);
      if (!type) continue;
      const inner = this.open.at(-1)?.token.tokenType;
      const opens = partners.has(type);
      if (!opens && (!inner || partners.get(inner) !== type)) continue;
      const bracket = virtual(type, end(string));
      this.line.push(bracket);
      if (opens) this.open.push({ token: bracket, index: this.at, column: this.line.length - 1 });
      else this.open.pop();
    }
  }

  /** Closes the innermost bracket, and backtracks to where it was closed. */
  private closeMissing(): void {
    const { token, index } = present(this.open.pop(), "a bracket is open");
    const closer = present(partners.get(token.tokenType), "a bracket has a partner");
    const hangs = (i: number): boolean =>
      hangsAfter(this.tokens[i - 1], this.tokens[i - 2]) || this.tokens[i + 1]?.tokenType === t.Comma;
    const guess = token.tokenType === t.LBrace ? null : probableEnd(this.tokens, index, this.at, hangs);
    if (guess !== null) {
      this.at = guess;
      this.line.length = present(this.lengths[guess], "the scan has been there");
    }
    this.newline = null;
    if (this.line.at(-1)?.tokenType === t.Newline) this.line.pop();
    const offset = end(this.line.at(-1) ?? token);
    unclosed(token, closer, offset, this.diagnostics);
    this.dropTrailingComma();
    this.line.push(virtual(closer, offset));
    // The newlines before the token at which scanning continues still count.
    while (this.at > 0 && this.tokens[this.at - 1]?.tokenType === t.Newline) this.at--;
  }
}

const {
  dl,
  dim,
  model,
  layer,
  fn,
  optimizer,
  entry,
  train,
  draw,
  setting,
  test,
  param,
  state,
  freeze,
  where,
  gradient,
} = t.contextual;
const { scan, cond, checkpoint, eval: evaluation, along, reversed, carry, until } = t.contextual;
const branching: ReadonlySet<TokenType> = new Set([t.reserved.if, cond]);
const looping: ReadonlySet<TokenType> = new Set([scan, t.reserved.while]);
const blockOpeners: ReadonlySet<TokenType> = new Set([
  ...branching,
  ...looping,
  ...[t.reserved.else, t.reserved.repeat, t.reserved.for, checkpoint, evaluation],
]);

function virtual(type: TokenType, offset: number): IToken {
  return createTokenInstance(type, "", offset, offset - 1, 0, 0, 0, 0);
}

const hanging: ReadonlySet<TokenType> = new Set([
  ...partners.keys(),
  ...[
    t.Comma,
    t.Minus,
    t.Equals,
    t.Colon,
    t.Arrow,
    t.Write,
    t.Dot,
    t.Dots,
    t.reserved.and,
    t.reserved.or,
    t.reserved.not,
    t.reserved.else,
  ],
]);
const joining: ReadonlySet<TokenType> = new Set([
  ...closers,
  ...[t.Comma, t.Equals, t.Colon, t.Arrow, t.Write, t.Dot, t.reserved.and, t.reserved.or],
]);

function opensBlock(line: Line): boolean {
  return line.at(-1)?.tokenType === t.LBrace;
}

/** Whether the line continues after this token. */
function hangsAfter(last: IToken | undefined, previous: IToken | undefined): boolean {
  if (!last) return true;
  // `x.and` is a field.
  if (previous?.tokenType === t.Dot) return false;
  return hanging.has(last.tokenType) || tokenMatcher(last, t.Operator);
}

/** Whether this token continues the line before. */
function joinsBefore(token: IToken, last: IToken | undefined): boolean {
  if (token.tokenType === t.reserved.else) return last?.tokenType === t.RBrace;
  return joining.has(token.tokenType) || tokenMatcher(token, t.Operator);
}

/** These tokens cannot continue an expression, so a bracket before them is missing. */
function beginsStatement(token: IToken, following: IToken | undefined): boolean {
  const { tokenType } = token;
  if (!following || following.tokenType === t.Colon) return false;
  if (statementHeads.has(tokenType)) return true;
  if (tokenType === param || tokenType === state || tokenType === freeze) return tokenMatcher(following, t.Plain);
  return tokenMatcher(token, t.Name) && following.tokenType === t.Write;
}

const statementHeads: ReadonlySet<TokenType> = new Set([
  t.reserved.let,
  t.reserved.minimize,
  t.reserved.yield,
  t.reserved.assert,
]);

const declaring: ReadonlySet<TokenType> = new Set([dim, model, layer, fn, optimizer, entry, setting]);

function beginsItem({ tokenType }: IToken, following: IToken | undefined): boolean {
  if (!following) return false;
  if (tokenType === dl) return following.tokenType === t.NumberToken;
  if (tokenType === t.contextual.import || tokenType === t.contextual.export) return following.tokenType === t.LBrace;
  if (tokenType === test) return following.tokenType === t.StringToken || following.tokenType === t.OpenString;
  if (tokenType === draw) return following.tokenType === entry;
  return (declaring.has(tokenType) || tokenType === train) && tokenMatcher(following, t.Name);
}
