import { Expressions, type Rule } from "./grammar-expressions.ts";
import * as t from "./tokens.ts";

const { reserved, contextual } = t;

/** Expressions with blocks. */
export abstract class Control extends Expressions {
  protected abstract readonly block: Rule;

  protected readonly if: Rule = this.RULE("if", () => {
    this.CONSUME(reserved.if);
    this.SUBRULE(this.expression);
    this.SUBRULE(this.block);
    this.MANY(() => {
      this.CONSUME(reserved.else);
      this.CONSUME2(reserved.if);
      this.SUBRULE2(this.expression);
      this.SUBRULE2(this.block);
    });
    this.OPTION(() => {
      this.CONSUME2(reserved.else);
      this.SUBRULE3(this.block);
    });
  });

  protected readonly repeat: Rule = this.RULE("repeat", () => {
    this.CONSUME(reserved.repeat);
    this.OPTION({
      GATE: () => this.beginsPattern(1),
      MAX_LOOKAHEAD: 1,
      DEF: () => {
        this.SUBRULE(this.pattern);
        this.CONSUME(contextual.in);
      },
    });
    this.SUBRULE(this.expression);
    this.OPTION2(() => this.SUBRULE(this.carries));
    this.SUBRULE(this.block);
  });

  /** Like `if`, but both branches are required. */
  protected readonly cond: Rule = this.RULE("cond", () => {
    this.CONSUME(contextual.cond);
    this.SUBRULE(this.expression);
    this.SUBRULE(this.block);
    this.MANY(() => {
      this.CONSUME(reserved.else);
      this.CONSUME2(contextual.cond);
      this.SUBRULE2(this.expression);
      this.SUBRULE2(this.block);
    });
    this.CONSUME2(reserved.else);
    this.SUBRULE3(this.block);
  });

  protected readonly for: Rule = this.RULE("for", () => {
    this.CONSUME(reserved.for);
    this.SUBRULE(this.pattern);
    this.CONSUME(contextual.in);
    this.SUBRULE(this.expression);
    this.SUBRULE(this.block);
  });

  protected readonly checkpoint: Rule = this.RULE("checkpoint", () => {
    this.CONSUME(contextual.checkpoint);
    this.SUBRULE(this.block);
  });

  protected readonly eval: Rule = this.RULE("eval", () => {
    this.CONSUME(contextual.eval);
    this.SUBRULE(this.block);
  });

  protected readonly nextValue: Rule = this.RULE("nextValue", () => {
    this.CONSUME(contextual.next);
    this.CONSUME(t.Name);
  });

  protected readonly scan: Rule = this.RULE("scan", () => {
    this.CONSUME(contextual.scan);
    // With one token of lookahead, so that a mistake after the first name is reported there.
    this.OR({
      MAX_LOOKAHEAD: 1,
      DEF: [
        {
          GATE: () => this.follows(contextual.along),
          ALT: () => {
            this.CONSUME(t.Name);
            this.SUBRULE(this.along);
          },
          IGNORE_AMBIGUITIES: true,
        },
        {
          ALT: () => {
            this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.sequence) });
            this.OPTION(() => this.SUBRULE2(this.along));
          },
        },
      ],
    });
    this.OPTION2(() => this.CONSUME(contextual.reversed));
    this.OPTION3(() => this.SUBRULE(this.carries));
    this.SUBRULE(this.block);
  });

  protected readonly while: Rule = this.RULE("while", () => {
    this.CONSUME(reserved.while);
    this.SUBRULE(this.carries);
    this.CONSUME(contextual.until);
    this.SUBRULE(this.expression);
    this.SUBRULE(this.block);
  });

  private readonly along: Rule = this.RULE("along", () => {
    this.CONSUME(contextual.along);
    this.SUBRULE(this.expression);
  });

  private readonly sequence: Rule = this.RULE("sequence", () => {
    this.SUBRULE(this.pattern);
    this.CONSUME(contextual.in);
    this.SUBRULE(this.expression);
  });

  private readonly carries: Rule = this.RULE("carries", () => {
    this.CONSUME(contextual.carry);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.carry) });
  });

  private readonly carry: Rule = this.RULE("carry", () => {
    this.CONSUME(t.Plain);
    this.OPTION(() => {
      this.CONSUME(t.Equals);
      this.SUBRULE(this.expression);
    });
  });

  protected readonly pattern: Rule = this.RULE("pattern", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Name) },
      {
        ALT: () => {
          this.CONSUME(t.LParen);
          this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.pattern) });
          this.CONSUME(t.RParen);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.LSquare);
          this.MANY_SEP2({ SEP: t.Comma, DEF: () => this.SUBRULE2(this.pattern) });
          this.CONSUME(t.RSquare);
        },
      },
    ]);
  });
}
