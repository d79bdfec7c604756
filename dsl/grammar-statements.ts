import { tokenMatcher } from "chevrotain";
import { Control } from "./grammar-control.ts";
import type { Rule } from "./grammar-expressions.ts";
import * as t from "./tokens.ts";

const { reserved, contextual } = t;

/** What may follow the targets of an `update`. */
const afterTargets: ReadonlySet<unknown> = new Set([t.Comma, contextual.every, contextual.when, contextual.with]);

/** Blocks, statements and types. */
export class Statements extends Control {
  protected readonly block: Rule = this.RULE("block", () => {
    this.OR({
      MAX_LOOKAHEAD: 1,
      DEF: [
        { GATE: () => this.beginsRecord(), ALT: () => this.SUBRULE(this.record), IGNORE_AMBIGUITIES: true },
        {
          ALT: () => {
            this.CONSUME(t.LBrace);
            this.OPTION(() => {
              this.SUBRULE(this.statement);
              this.MANY(() => {
                this.CONSUME(t.Newline);
                this.SUBRULE2(this.statement);
              });
            });
            this.CONSUME(t.RBrace);
          },
        },
      ],
    });
  });

  protected readonly body: Rule = this.RULE("body", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.block) },
      {
        ALT: () => {
          this.CONSUME(t.Equals);
          this.SUBRULE(this.expression);
        },
      },
    ]);
  });

  protected readonly result: Rule = this.RULE("result", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.LParen);
          this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.resultItem) });
          this.CONSUME(t.RParen);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.LBrace);
          this.AT_LEAST_ONE_SEP2({ SEP: t.Comma, DEF: () => this.SUBRULE(this.resultField) });
          this.CONSUME(t.RBrace);
        },
      },
      { ALT: () => this.SUBRULE(this.type) },
    ]);
  });

  private readonly resultItem: Rule = this.RULE("resultItem", () => {
    this.OPTION({
      GATE: () => this.follows(t.Colon),
      MAX_LOOKAHEAD: 1,
      DEF: () => {
        this.CONSUME(t.Word);
        this.CONSUME(t.Colon);
      },
    });
    this.SUBRULE(this.result);
  });

  private readonly resultField: Rule = this.RULE("resultField", () => {
    this.CONSUME(t.Word);
    this.CONSUME(t.Colon);
    this.SUBRULE(this.result);
  });

  protected readonly functionLiteral: Rule = this.RULE("functionLiteral", () => {
    this.CONSUME(contextual.fn);
    this.CONSUME(t.LParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.functionParameter) });
    this.CONSUME(t.RParen);
    this.SUBRULE(this.body);
  });

  private readonly functionParameter: Rule = this.RULE("functionParameter", () => {
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.CONSUME(t.Colon);
      this.SUBRULE(this.type);
    });
    this.OPTION2(() => {
      this.CONSUME(t.Equals);
      this.SUBRULE(this.expression);
    });
  });

  /** `{ loss, ...` or `{ loss: ...`: no statement begins so. But `{ a, b = f(x)` is a tuple without its `let`. */
  private beginsRecord(): boolean {
    if (this.follows(t.Word) && this.LA(3).tokenType === t.Colon) return true;
    let k = 2;
    while (tokenMatcher(this.LA(k), t.Name) && this.LA(k + 1).tokenType === t.Comma) k += 2;
    return k > 2 && this.LA(k + 1).tokenType !== t.Equals;
  }

  protected readonly statement: Rule = this.RULE("statement", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.let) },
      { ALT: () => this.SUBRULE(this.minimize) },
      { ALT: () => this.SUBRULE(this.yield) },
      { ALT: () => this.SUBRULE(this.assert) },
      { GATE: () => this.follows(t.Name), ALT: () => this.SUBRULE(this.variable) },
      { GATE: () => this.follows(t.Name) || this.follows(t.StringToken), ALT: () => this.SUBRULE(this.freeze) },
      { GATE: () => this.beginsUpdate(), ALT: () => this.SUBRULE(this.update) },
      { GATE: () => this.follows(t.Plain) && tokenMatcher(this.LA(3), t.Equals), ALT: () => this.SUBRULE(this.next) },
      { GATE: () => this.beginsWrite(), ALT: () => this.SUBRULE(this.write) },
      { ALT: () => this.CONSUME(t.Invalid) },
      { ALT: () => this.SUBRULE(this.expression), IGNORE_AMBIGUITIES: true },
    ]);
  });

  protected readonly let = this.RULE("let", () => {
    this.CONSUME(reserved.let);
    this.SUBRULE(this.pattern);
    this.CONSUME(t.Equals);
    this.SUBRULE(this.expression);
  });

  protected readonly minimize = this.RULE("minimize", () => {
    this.CONSUME(reserved.minimize);
    this.SUBRULE(this.expression, { LABEL: "loss" });
    this.CONSUME(contextual.over);
    this.SUBRULE(this.step);
    this.CONSUME(contextual.with);
    this.SUBRULE2(this.expression, { LABEL: "with" });
  });

  /** `update Net with g |> adam(lr: 1e-3)` */
  protected readonly update = this.RULE("update", () => {
    this.CONSUME(contextual.update);
    this.SUBRULE(this.step);
    this.CONSUME(contextual.with);
    this.SUBRULE(this.expression, { LABEL: "with" });
  });

  /** `update Net`, `update [Net, D] with`; but `update[0]` is an element. */
  private beginsUpdate(): boolean {
    if (!this.follows(t.LSquare)) return this.follows(t.Name);
    return afterTargets.has(this.LA(this.closing(2) + 1).tokenType);
  }

  /** `Net, only: "*.w" every 2 when ok` */
  private readonly step: Rule = this.RULE("step", () => {
    this.SUBRULE(this.targets);
    this.OPTION(() => {
      this.CONSUME(contextual.every);
      this.SUBRULE(this.expression, { LABEL: "every" });
    });
    this.OPTION2(() => {
      this.CONSUME(contextual.when);
      this.SUBRULE2(this.expression, { LABEL: "when" });
    });
  });

  protected readonly variable = this.RULE("variable", () => {
    this.OR([
      { ALT: () => this.CONSUME(contextual.param, { LABEL: "kind" }) },
      { ALT: () => this.CONSUME(contextual.state, { LABEL: "kind" }) },
    ]);
    this.CONSUME(t.Name);
    this.CONSUME(t.Colon);
    this.SUBRULE(this.type);
    this.OPTION(() => {
      this.CONSUME(t.Equals);
      this.SUBRULE(this.expression);
    });
  });

  /** `mean <- m`, `Net.norm.mean <- m`, `kv[at] <- row` */
  protected readonly write = this.RULE("write", () => {
    this.CONSUME(t.Name);
    this.MANY(() => this.SUBRULE(this.suffix));
    this.CONSUME(t.Write);
    this.SUBRULE(this.expression);
  });

  protected readonly freeze = this.RULE("freeze", () => {
    this.CONSUME(contextual.freeze);
    this.SUBRULE(this.targets);
  });

  /** Models and parts of them, and patterns of the paths in them: `Net, D, only: "*.w"`. */
  private readonly targets: Rule = this.RULE("targets", () => {
    this.SUBRULE(this.expression, { LABEL: "target" });
    this.MANY({
      GATE: () => !(this.LA(2).tokenType === contextual.only && this.LA(3).tokenType === t.Colon),
      DEF: () => {
        this.CONSUME(t.Comma);
        this.SUBRULE2(this.expression, { LABEL: "target" });
      },
    });
    this.OPTION(() => {
      this.CONSUME2(t.Comma);
      this.CONSUME(contextual.only);
      this.CONSUME(t.Colon);
      this.SUBRULE3(this.expression, { LABEL: "only" });
    });
  });

  protected readonly next = this.RULE("next", () => {
    this.CONSUME(contextual.next);
    this.CONSUME(t.Name);
    this.CONSUME(t.Equals);
    this.SUBRULE(this.expression);
  });

  protected readonly yield = this.RULE("yield", () => {
    this.CONSUME(reserved.yield);
    this.SUBRULE(this.expression);
  });

  protected readonly assert = this.RULE("assert", () => {
    this.CONSUME(reserved.assert);
    this.SUBRULE(this.expression, { LABEL: "condition" });
    this.OPTION(() => {
      this.CONSUME(t.Comma);
      this.SUBRULE2(this.expression, { LABEL: "says" });
    });
  });

  /** Whether a name with members and indices is before a `<-`. */
  private beginsWrite(): boolean {
    if (!tokenMatcher(this.LA(1), t.Name)) return false;
    for (let k = 2; ; k++) {
      const { tokenType } = this.LA(k);
      if (tokenType === t.Dot) k++;
      else if (tokenType === t.LSquare) k = this.closing(k);
      else return tokenType === t.Write;
    }
  }

  protected readonly type: Rule = this.RULE("type", () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.LSquare);
          this.SUBRULE(this.type);
          this.CONSUME(t.RSquare);
        },
      },
      {
        ALT: () => {
          const name = this.CONSUME(t.Name);
          this.OPTION(() => this.SUBRULE(this.list));
          this.OPTION2({
            GATE: () => name.image === "params",
            DEF: () => {
              this.CONSUME(t.LParen);
              this.CONSUME2(t.Name, { LABEL: "model" });
              this.CONSUME(t.RParen);
            },
          });
        },
      },
    ]);
  });
}
