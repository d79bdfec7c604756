import { tokenMatcher, type CstNode, type IRecognitionException, type IToken } from "chevrotain";
import { expectations } from "./expectation.ts";
import { Statements } from "./grammar-statements.ts";
import { lazyLookahead } from "./lookahead.ts";
import * as t from "./tokens.ts";

const { contextual } = t;

/** The grammar of one logical line at the top of a file (an item). */
export class Grammar extends Statements {
  constructor({ validated }: { readonly validated: boolean }) {
    super([...t.vocabulary], {
      recoveryEnabled: false,
      skipValidations: !validated,
      maxLookahead: 2,
      lookaheadStrategy: lazyLookahead,
      nodeLocationTracking: "onlyOffset",
      errorMessageProvider: expectations,
    });
    this.performSelfAnalysis();
  }

  readonly item = this.RULE("item", () => {
    this.OR([
      { ALT: () => this.SUBRULE(this.header) },
      { ALT: () => this.SUBRULE(this.import) },
      { ALT: () => this.SUBRULE(this.export) },
      { ALT: () => this.SUBRULE(this.dims) },
      { ALT: () => this.SUBRULE(this.let) },
      { GATE: () => tokenMatcher(this.LA(3), t.Equals), ALT: () => this.SUBRULE(this.chain) },
      { ALT: () => this.SUBRULE(this.callable), IGNORE_AMBIGUITIES: true },
      { ALT: () => this.SUBRULE(this.entry) },
      { ALT: () => this.SUBRULE(this.setting) },
      { ALT: () => this.SUBRULE(this.test) },
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

  private readonly export = this.RULE("export", () => {
    this.CONSUME(contextual.export);
    this.CONSUME(t.LBrace);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.CONSUME(t.Name) });
    this.CONSUME(t.RBrace);
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
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.dim) });
  });

  private readonly dim = this.RULE("dim", () => {
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.CONSUME(t.Equals);
      this.SUBRULE(this.expression);
    });
  });

  /** `optimizer opt = clip(1.0) |> adam(lr: 1e-3)` */
  private readonly chain = this.RULE("chain", () => {
    this.CONSUME(contextual.optimizer);
    this.CONSUME(t.Name);
    this.CONSUME(t.Equals);
    this.SUBRULE(this.expression);
  });

  /** `model Target = Net`, or a declaration with parameters. */
  private readonly callable = this.RULE("callable", () => {
    const kind = this.OR([
      { ALT: () => this.CONSUME(contextual.model, { LABEL: "kind" }) },
      { ALT: () => this.CONSUME(contextual.layer, { LABEL: "kind" }) },
      { ALT: () => this.CONSUME(contextual.fn, { LABEL: "kind" }) },
      { ALT: () => this.CONSUME(contextual.optimizer, { LABEL: "kind" }) },
    ]);
    this.CONSUME(t.Name);
    this.OR2([
      { GATE: () => kind.tokenType === contextual.model, ALT: () => this.SUBRULE(this.original) },
      {
        ALT: () => {
          this.SUBRULE(this.parameters);
          this.OPTION(() => this.SUBRULE2(this.parameters));
          this.OPTION2(() => {
            this.CONSUME(t.Arrow);
            this.SUBRULE(this.result);
          });
          this.MANY(() => this.SUBRULE(this.where));
          this.SUBRULE(this.body);
          this.OPTION3({ GATE: () => kind.tokenType === contextual.fn, DEF: () => this.SUBRULE(this.gradient) });
        },
      },
    ]);
  });

  private readonly original = this.RULE("original", () => {
    this.CONSUME(t.Equals);
    this.CONSUME(t.Name);
  });

  private readonly where = this.RULE("where", () => {
    this.CONSUME(contextual.where);
    this.SUBRULE(this.expression, { LABEL: "condition" });
    this.OPTION(() => {
      this.CONSUME(t.Comma);
      this.SUBRULE2(this.expression, { LABEL: "says" });
    });
  });

  private readonly gradient = this.RULE("gradient", () => {
    this.CONSUME(contextual.with);
    this.CONSUME(contextual.gradient);
    this.CONSUME(t.LParen);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.CONSUME(t.Name) });
    this.CONSUME(t.RParen);
    this.SUBRULE(this.block);
  });

  private readonly setting = this.RULE("setting", () => {
    this.CONSUME(contextual.setting);
    this.CONSUME(t.Name);
    this.CONSUME(t.Colon);
    this.SUBRULE(this.type);
    this.CONSUME(t.Equals);
    this.SUBRULE(this.expression, { LABEL: "value" });
    this.OPTION(() => {
      this.CONSUME(contextual.in);
      this.SUBRULE2(this.expression, { LABEL: "range" });
    });
  });

  private readonly test = this.RULE("test", () => {
    this.CONSUME(contextual.test);
    this.CONSUME(t.StringToken);
    this.SUBRULE(this.block);
  });

  private readonly entry = this.RULE("entry", () => {
    this.OPTION(() =>
      this.OR([
        { ALT: () => this.CONSUME(contextual.train, { LABEL: "mode" }) },
        { ALT: () => this.CONSUME(contextual.draw, { LABEL: "mode" }) },
      ]),
    );
    this.CONSUME(contextual.entry);
    this.CONSUME(t.Name);
    this.SUBRULE(this.parameters);
    this.SUBRULE(this.body);
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
}

/** Chevrotain's checks of the definition take longer than building the grammar; only a test runs them. */
const grammar = new Grammar({ validated: false });

/** The tree of one item, or its first syntax error. */
export function parseItem(tokens: readonly IToken[]): {
  readonly tree: CstNode | null;
  readonly error: IRecognitionException | null;
} {
  grammar.input = [...tokens];
  const tree = grammar.item();
  const error = grammar.errors[0] ?? null;
  return { tree: error ? null : tree, error };
}
