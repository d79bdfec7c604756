// The words that two tokens cannot tell from names: `scan x in` is a loop, `scan(x)` a call.
import type { Cursor, Gate } from "./grammar-parts.ts";
import { isA, type TokenType } from "./token.ts";
import * as t from "./tokens.ts";

const { reserved, contextual } = t;

/** Whether the token after the next has one of these types. */
export const follows =
  (...types: readonly TokenType[]): Gate =>
  (cursor) =>
    types.some((type) => isA(cursor.LA(2), type));

const isThird = (cursor: Cursor, type: TokenType): boolean => cursor.LA(3).tokenType === type;

export const equalsIsThird: Gate = (cursor) => isThird(cursor, t.Equals);

/** In the rule of a declaration, which begins with its kind. */
export const declares =
  (kind: TokenType): Gate =>
  ({ first }) =>
    first.tokenType === kind;

/** `params(Net)` */
export const isParams: Gate = ({ first }) => first.image === "params";

/** Not `, only:`, which ends the targets. */
export const nextTarget: Gate = (cursor) => cursor.LA(2).tokenType !== contextual.only || !isThird(cursor, t.Colon);

/** `next h = ...` */
export const beginsNext: Gate = (cursor) => isA(cursor.LA(2), t.Plain) && isThird(cursor, t.Equals);

/** `scan x in`, `scan (a, b) in`; but `scan(x)` is a call, `scan[0]` an element. */
export const beginsScan: Gate = (cursor) =>
  isA(cursor.LA(2), t.Plain) || (!isA(cursor.LA(2), t.Name) && beginsPattern(cursor, 2));

/** `fn (x) =`, `fn (x) {`; but `fn(x)` is a call of a function with this name. */
export const beginsFunction: Gate = (cursor) => {
  if (!isA(cursor.LA(2), t.LParen)) return false;
  const { tokenType } = cursor.LA(closing(cursor, 2) + 1);
  return tokenType === t.Equals || tokenType === t.LBrace;
};

/** `i in`, `(a, b) in` */
export const patternAndIn: Gate = (cursor) => beginsPattern(cursor, 1);

/** Whether a pattern and `in` begin at the `k`th token from here. */
function beginsPattern(cursor: Cursor, k: number): boolean {
  const { tokenType } = cursor.LA(k);
  const last = tokenType === t.LParen || tokenType === t.LSquare ? closing(cursor, k) : k;
  return (last > k || isA(cursor.LA(k), t.Name)) && isA(cursor.LA(last + 1), contextual.in);
}

/** `cond p {`, `cond (a or b) and c {`; but `cond(p)` is a call, `cond[0]` an element and `cond - p` a difference. */
export const beginsCond: Gate = (cursor) => {
  if (!mayFollowName(cursor)) return beginsCondition(cursor);
  for (let k = 2; k < farthest; k++) {
    const { tokenType } = cursor.LA(k);
    if (tokenType === t.LBrace || compound.has(tokenType)) return true;
    if (tokenType === t.LParen || tokenType === t.LSquare) k = closing(cursor, k);
    else if (endsCondition.has(tokenType)) return false;
    // Two words side by side: the second begins a clause of the enclosing construct.
    const word = isA(cursor.LA(k + 1), t.Name);
    if ((tokenType === contextual.cond || tokenType === contextual.scan) && word) return true;
    const ended = tokenType !== contextual.next && endsOperand.some((type) => isA(cursor.LA(k), type));
    if (ended && word) return false;
  }
  return false;
};

/** `{ loss, ...` or `{ loss: ...`: no statement begins so. But `{ a, b = f(x)` is a tuple without its `let`. */
export const beginsRecord: Gate = (cursor) => {
  if (isA(cursor.LA(2), t.Word) && isThird(cursor, t.Colon)) return true;
  let k = 2;
  while (isA(cursor.LA(k), t.Name) && cursor.LA(k + 1).tokenType === t.Comma) k += 2;
  return k > 2 && cursor.LA(k + 1).tokenType !== t.Equals;
};

/** `update Net`, `update [Net, D] with`; but `update[0]` is an element. */
export const beginsUpdate: Gate = (cursor) =>
  isA(cursor.LA(2), t.LSquare)
    ? afterTargets.has(cursor.LA(closing(cursor, 2) + 1).tokenType)
    : isA(cursor.LA(2), t.Name);

/** Whether a name with members and indices is before a `<-`. */
export const beginsWrite: Gate = (cursor) => {
  if (!isA(cursor.LA(1), t.Name)) return false;
  for (let k = 2; ; k++) {
    const { tokenType } = cursor.LA(k);
    if (tokenType === t.Dot) k++;
    else if (tokenType === t.LSquare) k = closing(cursor, k);
    else return tokenType === t.Write;
  }
};

/** The index of the token that closes the bracket at `k`. Brackets are balanced: a missing one has been inserted. */
function closing(cursor: Cursor, k: number): number {
  for (let depth = 0, at = k; ; at++) {
    const { tokenType } = cursor.LA(at);
    if (tokenType === t.EndOfItem || at >= farthest) return at;
    if (openers.has(tokenType)) depth++;
    else if (closers.has(tokenType)) depth--;
    if (depth === 0) return at;
  }
}

/** A limit on the lookahead; without it a long line of `cond - cond - ...` would be scanned once for each. */
const farthest = 500;

const openers: ReadonlySet<TokenType> = new Set([t.LParen, t.LSquare, t.LBrace]);
const closers: ReadonlySet<TokenType> = new Set([t.RParen, t.RSquare, t.RBrace]);
const { if: ifWord, repeat, while: whileWord, for: forWord, not, true: yes, false: no } = reserved;
const mayFollowName = follows(t.LParen, t.LSquare, t.Minus);
const beginsCondition = follows(
  ...[t.Plain, t.NumberToken, t.StringToken, not, yes, no],
  ...[ifWord, repeat, whileWord, forWord],
);
const endsOperand: readonly TokenType[] = [...closers, t.Name, t.NumberToken, t.StringToken];
/** Another expression with a block. */
const compound: ReadonlySet<TokenType> = new Set([ifWord, repeat, whileWord, forWord]);
const endsCondition: ReadonlySet<TokenType> = new Set([
  ...closers,
  ...[t.Comma, t.Newline, t.Colon, t.Equals, t.EndOfItem],
]);
/** What may follow the targets of an `update`. */
const afterTargets: ReadonlySet<TokenType> = new Set([t.Comma, contextual.every, contextual.when, contextual.with]);
