import { CstParser, EOF, tokenMatcher, type CstNode, type ParserMethod, type TokenType } from "chevrotain";
import * as t from "./tokens.ts";

export type Rule = ParserMethod<[], CstNode>;

const { reserved, contextual } = t;

/**
 * Expressions, without precedence: an expression is a flat list of operands and operators, which keeps the call depth
 * per bracket small, and `precedence.ts` folds it.
 */
export abstract class Expressions extends CstParser {
  protected abstract readonly if: Rule;
  protected abstract readonly repeat: Rule;
  protected abstract readonly while: Rule;
  protected abstract readonly for: Rule;
  protected abstract readonly scan: Rule;
  protected abstract readonly cond: Rule;
  protected abstract readonly checkpoint: Rule;
  protected abstract readonly eval: Rule;
  protected abstract readonly nextValue: Rule;
  protected abstract readonly functionLiteral: Rule;

  protected readonly expression: Rule = this.RULE("expression", () => {
    this.SUBRULE(this.operand);
    this.MANY(() => {
      this.OR([
        { ALT: () => this.CONSUME(t.Operator, { LABEL: "operator" }) },
        { ALT: () => this.CONSUME(t.Minus, { LABEL: "operator" }) },
        { ALT: () => this.CONSUME(reserved.and, { LABEL: "operator" }) },
        { ALT: () => this.CONSUME(reserved.or, { LABEL: "operator" }) },
      ]);
      this.SUBRULE2(this.operand);
    });
  });

  protected readonly operand: Rule = this.RULE("operand", () => {
    this.MANY(() =>
      this.OR([
        { ALT: () => this.CONSUME(t.Minus, { LABEL: "prefix" }) },
        { ALT: () => this.CONSUME(reserved.not, { LABEL: "prefix" }) },
      ]),
    );
    this.SUBRULE(this.primary);
    this.MANY2(() => this.SUBRULE(this.suffix));
  });

  protected readonly primary: Rule = this.RULE("primary", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.NumberToken) },
      { ALT: () => this.CONSUME(t.StringToken) },
      { ALT: () => this.CONSUME(reserved.true) },
      { ALT: () => this.CONSUME(reserved.false) },
      { GATE: () => this.beginsNext(), ALT: () => this.SUBRULE(this.nextValue), IGNORE_AMBIGUITIES: true },
      { GATE: () => this.beginsScan(), ALT: () => this.SUBRULE(this.scan), IGNORE_AMBIGUITIES: true },
      { GATE: () => this.beginsCond(), ALT: () => this.SUBRULE(this.cond), IGNORE_AMBIGUITIES: true },
      { GATE: () => this.follows(t.LBrace), ALT: () => this.SUBRULE(this.checkpoint), IGNORE_AMBIGUITIES: true },
      { GATE: () => this.follows(t.LBrace), ALT: () => this.SUBRULE(this.eval), IGNORE_AMBIGUITIES: true },
      { GATE: () => this.beginsFunction(), ALT: () => this.SUBRULE(this.functionLiteral), IGNORE_AMBIGUITIES: true },
      { ALT: () => this.CONSUME(t.Name) },
      { ALT: () => this.SUBRULE(this.list) },
      { ALT: () => this.SUBRULE(this.tuple) },
      { ALT: () => this.SUBRULE(this.record) },
      { ALT: () => this.SUBRULE(this.if) },
      { ALT: () => this.SUBRULE(this.repeat) },
      { ALT: () => this.SUBRULE(this.while) },
      { ALT: () => this.SUBRULE(this.for) },
    ]);
  });

  protected readonly suffix: Rule = this.RULE("suffix", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.LParen);
          this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.argument) });
          this.CONSUME(t.RParen);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.LSquare);
          this.MANY_SEP2({ SEP: t.Comma, DEF: () => this.SUBRULE(this.indexItem) });
          this.CONSUME(t.RSquare);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Dot);
          // `Net.*.norm` is a pattern of paths.
          this.OR2([{ ALT: () => this.CONSUME(t.Word) }, { ALT: () => this.CONSUME(t.Star) }]);
        },
      },
      { ALT: () => this.CONSUME(t.Position) },
    ]);
  });

  protected readonly argument: Rule = this.RULE("argument", () => {
    this.OPTION({
      GATE: () => this.follows(t.Colon),
      MAX_LOOKAHEAD: 1,
      DEF: () => {
        this.CONSUME(t.Word);
        this.CONSUME(t.Colon);
      },
    });
    this.OR([{ ALT: () => this.SUBRULE(this.pack) }, { ALT: () => this.SUBRULE(this.expression) }]);
  });

  protected readonly indexItem: Rule = this.RULE("indexItem", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Dots) },
      {
        ALT: () => {
          this.SUBRULE2(this.expression, { LABEL: "from" });
          this.OPTION(() => this.SUBRULE(this.range));
        },
      },
      { ALT: () => this.SUBRULE2(this.range) },
    ]);
  });

  /** `:to:step`, after the start. */
  protected readonly range: Rule = this.RULE("range", () => {
    this.CONSUME(t.Colon);
    this.OPTION(() => this.SUBRULE(this.expression, { LABEL: "to" }));
    this.OPTION2(() => {
      this.CONSUME2(t.Colon, { LABEL: "second" });
      this.OPTION3(() => this.SUBRULE2(this.expression, { LABEL: "step" }));
    });
  });

  /** Also the dims of a tensor type. */
  protected readonly list: Rule = this.RULE("list", () => {
    this.CONSUME(t.LSquare);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.element) });
    this.CONSUME(t.RSquare);
  });

  protected readonly element: Rule = this.RULE("element", () => {
    this.OR([{ ALT: () => this.SUBRULE(this.pack) }, { ALT: () => this.SUBRULE(this.expression) }]);
  });

  /** `(a)` is grouping, `(a, b)` a tuple. */
  protected readonly tuple: Rule = this.RULE("tuple", () => {
    this.CONSUME(t.LParen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.expression) });
    this.CONSUME(t.RParen);
  });

  protected readonly record: Rule = this.RULE("record", () => {
    this.CONSUME(t.LBrace);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.field) });
    this.CONSUME(t.RBrace);
  });

  protected readonly field: Rule = this.RULE("field", () => {
    this.OR([
      {
        GATE: () => this.follows(t.Colon),
        ALT: () => {
          this.CONSUME(t.Word);
          this.CONSUME(t.Colon);
          this.SUBRULE(this.expression);
        },
      },
      { ALT: () => this.CONSUME(t.Name) },
    ]);
  });

  protected readonly pack = this.RULE("pack", () => {
    this.CONSUME(t.Dots);
    this.CONSUME(t.Name);
  });

  /** Whether the token after the next has this type. */
  protected follows(type: TokenType): boolean {
    return tokenMatcher(this.LA(2), type);
  }

  /** `next h`; `next` alone is a name. */
  private beginsNext(): boolean {
    return this.follows(t.Plain);
  }

  /** `scan x in`, `scan (a, b) in`; but `scan(x)` is a call, `scan[0]` an element. */
  private beginsScan(): boolean {
    return this.follows(t.Plain) || (!this.follows(t.Name) && this.beginsPattern(2));
  }

  /** `fn (x) =`, `fn (x) {`; but `fn(x)` is a call of a function with this name. */
  private beginsFunction(): boolean {
    const next = this.follows(t.LParen) ? this.LA(this.closing(2) + 1).tokenType : null;
    return next === t.Equals || next === t.LBrace;
  }

  /** Whether a pattern and `in` begin at the `k`th token from here. */
  protected beginsPattern(k: number): boolean {
    const { tokenType } = this.LA(k);
    const last = tokenType === t.LParen || tokenType === t.LSquare ? this.closing(k) : k;
    return (last > k || tokenMatcher(this.LA(k), t.Name)) && tokenMatcher(this.LA(last + 1), contextual.in);
  }

  /** `cond p {`, `cond (a or b) and c {`; but `cond(p)` is a call, `cond[0]` an element and `cond - p` a difference. */
  private beginsCond(): boolean {
    if (!ambiguousAfterCond.some((type) => this.follows(type)))
      return startsCondition.some((type) => this.follows(type));
    for (let k = 2; k < farthest; k++) {
      const { tokenType } = this.LA(k);
      if (tokenType === t.LBrace || compound.has(tokenType)) return true;
      if (tokenType === t.LParen || tokenType === t.LSquare) k = this.closing(k);
      else if (endsCondition.has(tokenType)) return false;
      // Two words side by side: the second begins a clause of the enclosing construct.
      const word = tokenMatcher(this.LA(k + 1), t.Name);
      if ((tokenType === contextual.cond || tokenType === contextual.scan) && word) return true;
      const ended = tokenType !== contextual.next && endsOperand.some((type) => tokenMatcher(this.LA(k), type));
      if (ended && word) return false;
    }
    return false;
  }

  /** The index of the token that closes the bracket at `k`. Brackets are balanced: a missing one has been inserted. */
  protected closing(k: number): number {
    for (let depth = 0, at = k; ; at++) {
      const { tokenType } = this.LA(at);
      if (tokenType === EOF || at >= farthest) return at;
      if (openers.has(tokenType)) depth++;
      else if (closers.has(tokenType)) depth--;
      if (depth === 0) return at;
    }
  }
}

/** A limit on the lookahead; without it a long line of `cond - cond - ...` would be scanned once for each. */
const farthest = 500;

const openers: ReadonlySet<TokenType> = new Set([t.LParen, t.LSquare, t.LBrace]);
const closers: ReadonlySet<TokenType> = new Set([t.RParen, t.RSquare, t.RBrace]);
const ambiguousAfterCond: readonly TokenType[] = [t.LParen, t.LSquare, t.Minus];
const { if: ifWord, repeat, while: whileWord, for: forWord, not, true: yes, false: no } = reserved;
const startsCondition: readonly TokenType[] = [
  t.Plain,
  t.NumberToken,
  t.StringToken,
  not,
  yes,
  no,
  ifWord,
  repeat,
  whileWord,
  forWord,
];
const endsOperand: readonly TokenType[] = [...closers, t.Name, t.NumberToken, t.StringToken];
/** Another expression with a block. */
const compound: ReadonlySet<TokenType> = new Set([ifWord, repeat, whileWord, forWord]);
const endsCondition: ReadonlySet<TokenType> = new Set([...closers, t.Comma, t.Newline, t.Colon, t.Equals, EOF]);
