import { CstParser, tokenMatcher, type CstNode, type IRecognitionException, type IToken, type ParserMethod, type TokenType } from "chevrotain";
import * as t from "./tokens.ts";
import { expectations } from "./expectation.ts";

type Rule = ParserMethod<[], CstNode>;

const { reserved, contextual } = t;

/**
 * The grammar of one logical line at the top of a file (an item). Precedence is not in it: an expression is a flat list of operands
 * and operators, which keeps the call depth per bracket small, and `precedence.ts` folds it.
 */
class Grammar extends CstParser {
  constructor() {
    super([...t.vocabulary], { recoveryEnabled: false, maxLookahead: 2, nodeLocationTracking: "onlyOffset", errorMessageProvider: expectations });
    this.performSelfAnalysis();
  }

  readonly item = this.RULE("item", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.header) },
      { ALT: () => this.SUBRULE(this.import) },
      { ALT: () => this.SUBRULE(this.dims) },
      { ALT: () => this.SUBRULE(this.callable) },
      { ALT: () => this.SUBRULE(this.entry) },
    ]);
  });

  private readonly header = this.RULE("header", () => {
    this.CONSUME(contextual.dl);
    this.CONSUME(t.NumberToken);
  });

  private readonly import = this.RULE("import", () => {
    this.CONSUME(contextual.import);
    this.CONSUME(t.LBrace);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.importName) });
    this.CONSUME(t.RBrace);
    this.CONSUME(contextual.from);
    this.CONSUME(t.StringToken);
  });

  private readonly importName = this.RULE("importName", () => {
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.CONSUME(contextual.as);
      this.CONSUME2(t.Name);
    });
  });

  private readonly dims = this.RULE("dims", () => {
    this.CONSUME(contextual.dim);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.CONSUME(t.Name) });
  });

  private readonly callable = this.RULE("callable", () => {
    this.OR([
      { ALT: () => this.CONSUME(contextual.model, { LABEL: "kind" }) },
      { ALT: () => this.CONSUME(contextual.layer, { LABEL: "kind" }) },
      { ALT: () => this.CONSUME(contextual.fn, { LABEL: "kind" }) },
      { ALT: () => this.CONSUME(contextual.optimizer, { LABEL: "kind" }) },
    ]);
    this.CONSUME(t.Name);
    this.SUBRULE(this.parameters);
    this.OPTION(() => this.SUBRULE2(this.parameters));
    this.OPTION2(() => {
      this.CONSUME(t.Arrow);
      this.SUBRULE(this.type);
    });
    this.SUBRULE(this.body);
  });

  private readonly entry = this.RULE("entry", () => {
    this.OPTION(() => this.CONSUME(contextual.train));
    this.CONSUME(contextual.entry);
    this.CONSUME(t.Name);
    this.SUBRULE(this.parameters);
    this.SUBRULE(this.body);
  });

  private readonly body = this.RULE("body", () => {
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

  private readonly parameters = this.RULE("parameters", () => {
    this.CONSUME(t.LParen);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.parameter) });
    this.CONSUME(t.RParen);
  });

  private readonly parameter = this.RULE("parameter", () => {
    this.CONSUME(t.Name);
    this.CONSUME(t.Colon);
    this.SUBRULE(this.type);
    this.OPTION(() => {
      this.CONSUME(t.Equals);
      this.SUBRULE(this.expression);
    });
  });

  private readonly type: Rule = this.RULE("type", () => {
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
          this.CONSUME(t.Name);
          this.OPTION(() => this.SUBRULE(this.list));
        },
      },
    ]);
  });

  private readonly pack = this.RULE("pack", () => {
    this.CONSUME(t.Dots);
    this.CONSUME(t.Name);
  });

  private readonly block: Rule = this.RULE("block", () => {
    this.CONSUME(t.LBrace);
    this.OPTION(() => {
      this.SUBRULE(this.statement);
      this.MANY(() => {
        this.CONSUME(t.Newline);
        this.SUBRULE2(this.statement);
      });
    });
    this.CONSUME(t.RBrace);
  });

  private readonly statement: Rule = this.RULE("statement", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.let) },
      { ALT: () => this.SUBRULE(this.minimize) },
      { GATE: () => this.next(t.Name), ALT: () => this.SUBRULE(this.variable) },
      { GATE: () => this.next(t.Write), ALT: () => this.SUBRULE(this.write) },
      { ALT: () => this.CONSUME(t.Invalid) },
      { ALT: () => this.SUBRULE(this.expression), IGNORE_AMBIGUITIES: true },
    ]);
  });

  private readonly let = this.RULE("let", () => {
    this.CONSUME(reserved.let);
    this.SUBRULE(this.pattern);
    this.CONSUME(t.Equals);
    this.SUBRULE(this.expression);
  });

  private readonly pattern: Rule = this.RULE("pattern", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Name) },
      {
        ALT: () => {
          this.CONSUME(t.LParen);
          this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.pattern) });
          this.CONSUME(t.RParen);
        },
      },
    ]);
  });

  private readonly minimize = this.RULE("minimize", () => {
    this.CONSUME(reserved.minimize);
    this.SUBRULE(this.expression, { LABEL: "loss" });
    this.CONSUME(contextual.over);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE2(this.expression, { LABEL: "over" }) });
    this.CONSUME(contextual.with);
    this.SUBRULE3(this.expression, { LABEL: "with" });
  });

  private readonly variable = this.RULE("variable", () => {
    this.OR([{ ALT: () => this.CONSUME(contextual.param, { LABEL: "kind" }) }, { ALT: () => this.CONSUME(contextual.state, { LABEL: "kind" }) }]);
    this.CONSUME(t.Name);
    this.CONSUME(t.Colon);
    this.SUBRULE(this.type);
    this.OPTION(() => {
      this.CONSUME(t.Equals);
      this.SUBRULE(this.expression);
    });
  });

  private readonly write = this.RULE("write", () => {
    this.CONSUME(t.Name);
    this.CONSUME(t.Write);
    this.SUBRULE(this.expression);
  });

  private readonly expression: Rule = this.RULE("expression", () => {
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

  private readonly operand: Rule = this.RULE("operand", () => {
    this.MANY(() => this.OR([{ ALT: () => this.CONSUME(t.Minus, { LABEL: "prefix" }) }, { ALT: () => this.CONSUME(reserved.not, { LABEL: "prefix" }) }]));
    this.SUBRULE(this.primary);
    this.MANY2(() => this.SUBRULE(this.suffix));
  });

  private readonly primary: Rule = this.RULE("primary", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.NumberToken) },
      { ALT: () => this.CONSUME(t.StringToken) },
      { ALT: () => this.CONSUME(reserved.true) },
      { ALT: () => this.CONSUME(reserved.false) },
      { ALT: () => this.CONSUME(t.Name) },
      { ALT: () => this.SUBRULE(this.list) },
      { ALT: () => this.SUBRULE(this.tuple) },
      { ALT: () => this.SUBRULE(this.record) },
      { ALT: () => this.SUBRULE(this.if) },
      { ALT: () => this.SUBRULE(this.repeat) },
    ]);
  });

  private readonly suffix: Rule = this.RULE("suffix", () => {
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
          this.CONSUME(t.Word);
        },
      },
    ]);
  });

  private readonly argument: Rule = this.RULE("argument", () => {
    this.OPTION({
      GATE: () => this.next(t.Colon),
      DEF: () => {
        this.CONSUME(t.Word);
        this.CONSUME(t.Colon);
      },
    });
    this.OR([{ ALT: () => this.SUBRULE(this.pack) }, { ALT: () => this.SUBRULE(this.expression) }]);
  });

  private readonly indexItem: Rule = this.RULE("indexItem", () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Dots) },
      {
        ALT: () => {
          this.CONSUME(t.Colon);
          this.OPTION(() => this.SUBRULE(this.expression, { LABEL: "to" }));
        },
      },
      {
        ALT: () => {
          this.SUBRULE2(this.expression, { LABEL: "from" });
          this.OPTION2(() => {
            this.CONSUME2(t.Colon);
            this.OPTION3(() => this.SUBRULE3(this.expression, { LABEL: "to" }));
          });
        },
      },
    ]);
  });

  /** Also the dims of a tensor type. */
  private readonly list: Rule = this.RULE("list", () => {
    this.CONSUME(t.LSquare);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.element) });
    this.CONSUME(t.RSquare);
  });

  private readonly element: Rule = this.RULE("element", () => {
    this.OR([{ ALT: () => this.SUBRULE(this.pack) }, { ALT: () => this.SUBRULE(this.expression) }]);
  });

  /** `(a)` is grouping, `(a, b)` a tuple. */
  private readonly tuple: Rule = this.RULE("tuple", () => {
    this.CONSUME(t.LParen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.expression) });
    this.CONSUME(t.RParen);
  });

  private readonly record: Rule = this.RULE("record", () => {
    this.CONSUME(t.LBrace);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.field) });
    this.CONSUME(t.RBrace);
  });

  private readonly field: Rule = this.RULE("field", () => {
    this.OR([
      {
        GATE: () => this.next(t.Colon),
        ALT: () => {
          this.CONSUME(t.Word);
          this.CONSUME(t.Colon);
          this.SUBRULE(this.expression);
        },
      },
      { ALT: () => this.CONSUME(t.Name) },
    ]);
  });

  private readonly if: Rule = this.RULE("if", () => {
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

  private readonly repeat: Rule = this.RULE("repeat", () => {
    this.CONSUME(reserved.repeat);
    this.OPTION(() => {
      this.CONSUME(t.Name);
      this.CONSUME(contextual.in);
    });
    this.SUBRULE(this.expression);
    this.SUBRULE(this.block);
  });

  private next(type: TokenType): boolean {
    return tokenMatcher(this.LA(2), type);
  }
}

const grammar = new Grammar();

/** The tree of one item, or the first place where there is none. */
export function parseItem(tokens: readonly IToken[]): { readonly tree: CstNode | null; readonly error: IRecognitionException | null } {
  grammar.input = [...tokens];
  const tree = grammar.item();
  const error = grammar.errors[0] ?? null;
  return { tree: error ? null : tree, error };
}
