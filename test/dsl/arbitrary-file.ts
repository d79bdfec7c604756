import fc from "fast-check";
import type {
  Argument,
  Block,
  Callable,
  Carry,
  DimExpr,
  Entry,
  Expr,
  File,
  Export,
  Import,
  IndexItem,
  Item,
  Name,
  ModelCopy,
  NamedChain,
  Pack,
  Parameter,
  Pattern,
  ResultType,
  Setting,
  Source,
  Span,
  Step,
  Stmt,
  TypeExpr,
} from "../../dsl/index.ts";

const source: Source = { name: "<none>", text: "" };
const span: Span = { source, start: 0, end: 0 };

const contextual = [
  "dl",
  "import",
  "export",
  "from",
  "as",
  "dim",
  "model",
  "layer",
  "fn",
  "optimizer",
  "train",
  "draw",
  "entry",
  "param",
  "state",
  "freeze",
  "update",
  "only",
  "setting",
  "test",
];
const clauses = ["over", "with", "every", "when", "in", "where"];
/** Valid as names, but at the start of an expression they may start another construct. */
const heads = ["scan", "cond", "checkpoint", "eval", "next", "gradient"];
const reserved = [
  "let",
  "minimize",
  "if",
  "else",
  "repeat",
  "while",
  "for",
  "yield",
  "assert",
  "and",
  "or",
  "not",
  "true",
  "false",
];

const plain = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("x", "y", "loss", "_a", "H2", "softmax") },
  fc.constantFrom(...contextual),
);
const word = fc.oneof({ weight: 3, arbitrary: plain }, fc.constantFrom(...clauses, ...heads));
const valueWord = fc.oneof({ weight: 3, arbitrary: plain }, fc.constantFrom(...clauses));
/** Names that may follow `next`. */
const carryName: fc.Arbitrary<Name> = fc.oneof(plain, fc.constantFrom(...heads)).map((text) => ({ text, span }));
const name: fc.Arbitrary<Name> = word.map((text) => ({ text, span }));
const anyName: fc.Arbitrary<Name> = fc.oneof(word, fc.constantFrom(...reserved)).map((text) => ({ text, span }));
/** Of a member of a tuple. */
const position: fc.Arbitrary<Name> = fc.constantFrom("0", "1", "12").map((text) => ({ text, span }));
const pack: fc.Arbitrary<Pack> = name.map((n) => ({ kind: "pack", name: n, span }));

const number: fc.Arbitrary<Expr> = fc
  .oneof(fc.nat().map(String), fc.constantFrom("1_000", "1.5", "1e-3", "2E4", "1_0.2_5e+3"))
  .map((text) => ({ kind: "number", text, value: Number(text.replaceAll("_", "")), int: /^[\d_]+$/.test(text), span }));
const string: fc.Arbitrary<Expr> = fc
  .oneof(fc.string({ maxLength: 6 }), fc.constantFrom('a"b', "a\\nb", "a\nb\t", "// no comment", "}", "漢"))
  .map((value) => ({ kind: "string", value: value.replaceAll("\r", ""), span }));
const nameExpr: fc.Arbitrary<Expr> = valueWord.map((text) => ({ kind: "name", text, span }));

const operators = ["+", "-", "*", "/", "%", "^", "@", "==", "!=", "<", "<=", ">", ">=", "and", "or"] as const;

const path: fc.Arbitrary<Expr> = fc.oneof(
  nameExpr,
  fc.tuple(nameExpr, anyName).map(([object, n]): Expr => ({ kind: "member", object, name: n, span })),
  nameExpr.map((object): Expr => ({ kind: "member", object, name: { text: "*", span }, span })),
);

/** `[Net, D]` */
const paths: fc.Arbitrary<Expr> = fc
  .array(path, { minLength: 1, maxLength: 3 })
  .map((items): Expr => ({ kind: "list", items, span }));

/** The left side of a write; a long one is not recognized, so its indices are short. */
const writable: fc.Arbitrary<Expr> = fc.oneof(
  path,
  fc
    .tuple(path, fc.constantFrom<IndexItem>({ kind: "rest", span }, { kind: "new", span }))
    .map(([object, item]): Expr => ({
      kind: "index",
      object,
      items: [item, { kind: "range", from: object, to: null, step: null, span }],
      span,
    })),
);

// A type, because an interface is not a record to `letrec`.
type Tree = {
  readonly expr: Expr;
  readonly block: Block;
  readonly stmt: Stmt;
};

function list<T>(of: fc.Arbitrary<T>, min = 0): fc.Arbitrary<T[]> {
  return fc.array(of, { minLength: min, maxLength: 3 });
}

const pattern: fc.Arbitrary<Pattern> = fc.letrec<{ pattern: Pattern }>((inner) => ({
  pattern: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    name.map((n): Pattern => ({ kind: "name", name: n, span })),
    fc
      .tuple(fc.constantFrom("tuple" as const, "list" as const), fc.array(inner("pattern"), { maxLength: 3 }))
      .map(([kind, items]): Pattern => ({ kind, items, span })),
  ),
})).pattern;

const tree = fc.letrec<Tree>((tie) => {
  const expr = tie("expr");
  const block = tie("block");
  const item = fc.oneof({ weight: 4, arbitrary: expr }, pack);
  const argument: fc.Arbitrary<Argument> = fc.record({
    name: fc.option(anyName),
    value: item,
    span: fc.constant(span),
  });
  const index: fc.Arbitrary<IndexItem> = fc.oneof(
    expr.map((value): IndexItem =>
      value.kind === "name" && value.text === "_" ? { kind: "new", span } : { kind: "at", value, span },
    ),
    fc
      .tuple(fc.option(expr), fc.option(expr), fc.option(expr))
      .map(([from, to, step]): IndexItem => ({ kind: "range", from, to, step, span })),
    fc.constantFrom<IndexItem>({ kind: "rest", span }, { kind: "new", span }),
  );
  const field = fc.oneof(
    fc.record({ name: anyName, value: expr }),
    name.map((n) => ({ name: n, value: { kind: "name", text: n.text, span } as const })),
  );
  const carry: fc.Arbitrary<Carry> = fc.oneof(
    fc.record({ name: carryName, init: expr, span: fc.constant(span) }),
    carryName.map((n): Carry => ({ name: n, init: { kind: "name", ...n }, span })),
  );
  // `scan over in x` would parse as a name and a clause.
  const first = pattern.filter((p) => p.kind !== "name" || !clauses.includes(p.name.text));
  const sequence = fc.record({ pattern, value: expr });
  const sequences = fc
    .tuple(fc.record({ pattern: first, value: expr }), fc.array(sequence, { maxLength: 2 }))
    .map(([head, more]) => [head, ...more]);
  const over = fc.oneof(
    fc.tuple(sequences, fc.option(expr)).map(([all, along]) => ({ sequences: all, counter: null, along })),
    fc.tuple(carryName, expr).map(([counter, along]) => ({ sequences: [], counter, along })),
  );
  const step = (target: fc.Arbitrary<Expr>): fc.Arbitrary<Omit<Step, "transforms">> =>
    fc.record({ over: list(target, 1), only: fc.option(string), every: fc.option(number), when: fc.option(path) });
  const stmt: fc.Arbitrary<Stmt> = fc.oneof(
    { depthSize: "small" },
    expr.map((value): Stmt => ({ kind: "expression", value, span })),
    fc.tuple(pattern, expr).map(([p, value]): Stmt => ({ kind: "let", pattern: p, value, span })),
    fc.tuple(writable, expr).map(([target, value]): Stmt => ({ kind: "write", target, value, span })),
    fc
      .tuple(fc.constantFrom("param" as const, "state" as const), name, typeOf(item), fc.option(expr))
      .map(([kind, n, type, init]): Stmt => ({ kind, name: n, type, init, span })),
    fc
      .tuple(list(path, 1), fc.option(string))
      .map(([targets, only]): Stmt => ({ kind: "freeze", targets, only, span })),
    fc.tuple(carryName, expr).map(([n, value]): Stmt => ({ kind: "next", name: n, value, span })),
    expr.map((value): Stmt => ({ kind: "yield", value, span })),
    fc.tuple(expr, fc.option(expr)).map(([condition, says]): Stmt => ({ kind: "assert", condition, says, span })),
    // The first transform cannot be a pipe: the pipe would be the list of transforms.
    fc
      .tuple(
        expr,
        step(expr),
        expr.filter((e) => e.kind !== "pipe"),
        list(expr),
      )
      .map(([loss, parts, first, more]): Stmt => ({
        kind: "minimize",
        loss,
        ...parts,
        transforms: [first, ...more],
        span,
      })),
    fc
      .tuple(
        step(fc.oneof(path, paths)),
        path.filter((e) => e.kind !== "pipe"),
        list(expr),
      )
      .map(([parts, gradients, transforms]): Stmt => ({ kind: "update", ...parts, gradients, transforms, span })),
  );
  return {
    expr: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      nameExpr,
      number,
      string,
      fc.boolean().map((value): Expr => ({ kind: "bool", value, span })),
      list(item).map((items): Expr => ({ kind: "list", items, span })),
      list(expr, 2).map((items): Expr => ({ kind: "tuple", items, span })),
      list(field).map((fields): Expr => ({ kind: "record", fields, span })),
      fc
        .tuple(fc.constantFrom("-" as const, "not" as const), expr)
        .map(([op, value]): Expr => ({ kind: "unary", op, value, span })),
      fc
        .tuple(fc.constantFrom(...operators), expr, expr)
        .map(([op, left, right]): Expr => ({ kind: "binary", op, left, right, opSpan: span, span })),
      fc.tuple(expr, list(argument)).map(([callee, args]): Expr => ({ kind: "call", callee, args, span })),
      fc.tuple(expr, expr).map(([value, into]): Expr => ({ kind: "pipe", value, into, span })),
      fc
        .tuple(expr, fc.oneof({ weight: 3, arbitrary: anyName }, position))
        .map(([object, n]): Expr => ({ kind: "member", object, name: n, span })),
      fc.tuple(expr, list(index)).map(([object, items]): Expr => ({ kind: "index", object, items, span })),
      fc
        .tuple(expr, block, fc.option(block))
        .map(([condition, then, otherwise]): Expr => ({ kind: "if", condition, then, otherwise, span })),
      fc
        .tuple(fc.option(pattern), expr, list(carry), block)
        .map(([p, each, carries, body]): Expr => ({ kind: "repeat", pattern: p, over: each, carries, body, span })),
      carryName.map((n): Expr => ({ kind: "next", name: n, span })),
      fc
        .tuple(fc.constantFrom("checkpoint" as const, "eval" as const), block)
        .map(([kind, body]): Expr => ({ kind, body, span })),
      // A long list of parameters is not recognized.
      fc
        .tuple(list(fc.tuple(name, typeOf(fc.oneof(nameExpr, pack)), fc.option(nameExpr))), block)
        .map(([params, body]): Expr => ({
          kind: "function",
          params: params.map(([n, type, value]) => ({ name: n, type, value, span })),
          body,
          span,
        })),
      fc
        .tuple(pattern, expr, block)
        .map(([p, each, body]): Expr => ({ kind: "for", pattern: p, over: each, body, span })),
      fc
        .tuple(expr.filter(beginsCondition), block, block)
        .map(([condition, then, otherwise]): Expr => ({ kind: "cond", condition, then, otherwise, span })),
      fc
        .tuple(list(carry, 1), expr, block)
        .map(([carries, until, body]): Expr => ({ kind: "while", carries, until, body, span })),
      fc.tuple(over, fc.boolean(), list(carry), block).map(([each, reversed, carries, body]): Expr => ({
        kind: "scan",
        ...each,
        reversed,
        carries,
        body,
        span,
      })),
    ),
    stmt,
    block: list(stmt).map((statements) => ({ statements, span })),
  };
});

/**
 * Whether an expression may follow `cond`: `cond over ...` parses as a name and a clause, also if `over` only starts
 * the condition.
 */
function beginsCondition(expr: Expr): boolean {
  switch (expr.kind) {
    case "name":
      return !clauses.includes(expr.text);
    case "call":
      return beginsCondition(expr.callee);
    case "member":
    case "index":
      return beginsCondition(expr.object);
    case "binary":
      return beginsCondition(expr.left);
    case "pipe":
      return beginsCondition(expr.value);
    // A brace after `cond` would be a block.
    case "record":
      return false;
    default:
      return true;
  }
}

function typeOf(dim: fc.Arbitrary<DimExpr>): fc.Arbitrary<TypeExpr> {
  const flat = fc.oneof(
    name.map((n): TypeExpr => ({ kind: "static", name: n, span })),
    name.map((model): TypeExpr => ({ kind: "params", model, span })),
    fc.tuple(name, list(dim)).map(([dtype, dims]): TypeExpr => ({ kind: "tensor", dtype, dims, span })),
  );
  return fc.oneof(
    flat,
    flat.map((of): TypeExpr => ({ kind: "list", of, span })),
  );
}

const parameter: fc.Arbitrary<Parameter> = fc.record({
  name,
  type: typeOf(fc.oneof(tree.expr, pack)),
  value: fc.option(tree.expr),
  span: fc.constant(span),
});

const result: fc.Arbitrary<ResultType> = fc.letrec<{ result: ResultType }>((inner) => ({
  result: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    typeOf(fc.oneof(tree.expr, pack)),
    list(fc.record({ name: anyName, type: inner("result"), span: fc.constant(span) }), 1).map((items): ResultType => ({
      kind: "record",
      items,
      span,
    })),
    list(fc.record({ name: fc.option(anyName), type: inner("result"), span: fc.constant(span) }), 2).map(
      (items): ResultType => ({ kind: "tuple", items, span }),
    ),
  ),
})).result;

const callable: fc.Arbitrary<Callable> = fc
  .record({
    kind: fc.constantFrom("model", "layer", "fn", "optimizer"),
    name,
    doc: fc.constant(""),
    statics: list(parameter),
    params: list(parameter),
    result: fc.option(result),
    where: list(fc.record({ condition: tree.expr, says: fc.option(tree.expr), span: fc.constant(span) })),
    body: tree.block,
    gradient: fc.option(fc.record({ params: list(name, 1), body: tree.block, span: fc.constant(span) })),
    span: fc.constant(span),
  })
  .map((each) => (each.kind === "fn" ? each : { ...each, gradient: null }));

const setting: fc.Arbitrary<Setting> = fc.record({
  kind: fc.constant("setting"),
  name,
  doc: fc.constant(""),
  type: typeOf(fc.oneof(tree.expr, pack)),
  value: tree.expr,
  range: fc.option<Expr>(tree.expr),
  span: fc.constant(span),
});

const chain: fc.Arbitrary<NamedChain> = fc.record({
  kind: fc.constant("chain"),
  name,
  doc: fc.constant(""),
  // As after `with`, the first step cannot be a pipe.
  steps: fc
    .tuple(
      tree.expr.filter((e) => e.kind !== "pipe"),
      list(tree.expr),
    )
    .map(([first, more]) => [first, ...more]),
  span: fc.constant(span),
});

const copy: fc.Arbitrary<ModelCopy> = fc.record({
  kind: fc.constant("copy"),
  name,
  doc: fc.constant(""),
  of: name,
  span: fc.constant(span),
});

const testItem: fc.Arbitrary<Item> = fc.record({
  kind: fc.constant("test"),
  title: fc.constantFrom("", "what holds", 'a "b"'),
  titleSpan: fc.constant(span),
  body: tree.block,
  span: fc.constant(span),
});

const entry: fc.Arbitrary<Entry> = fc.record({
  kind: fc.constant("entry"),
  mode: fc.constantFrom("plain" as const, "train" as const, "draw" as const),
  name,
  doc: fc.constant(""),
  params: list(parameter),
  body: tree.block,
  span: fc.constant(span),
});

const dims: fc.Arbitrary<Item> = list(fc.record({ name, value: fc.option(tree.expr) }), 1).map((each) => ({
  kind: "dim",
  dims: each,
  span,
}));

const constant: fc.Arbitrary<Item> = fc.record({
  kind: fc.constant("let"),
  pattern,
  value: tree.expr,
  span: fc.constant(span),
});

const importLine: fc.Arbitrary<Import> = fc.record({
  names: list(fc.record({ name, alias: fc.option(name) }), 1),
  from: fc.constantFrom("./a.dl", 'b"c'),
  fromSpan: fc.constant(span),
  span: fc.constant(span),
});

const exportLine: fc.Arbitrary<Export> = fc.record({ names: list(name, 1), span: fc.constant(span) });

/** Any file that the grammar can write. */
export const arbitraryFile: fc.Arbitrary<File> = fc.record({
  version: fc.constantFrom(null, 1),
  imports: list(importLine),
  exports: list(exportLine),
  items: list(fc.oneof<fc.Arbitrary<Item>[]>(callable, entry, dims, constant, setting, chain, copy, testItem)),
  span: fc.constant(span),
});
