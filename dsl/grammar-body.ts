// What is inside declarations: expressions, blocks, types and statements.
import * as gate from "./gates.ts";
import {
  alternative,
  as,
  choice,
  gated,
  many,
  option,
  rule,
  separated,
  someSeparated,
  type Gate,
  type Optional,
  type Part,
  type Rule,
} from "./grammar-parts.ts";
import * as t from "./tokens.ts";

const { reserved, contextual } = t;

/** Decided by its gate, so that a mistake after the first token is reported there. */
const optionIf = (open: Gate, ...parts: readonly Part[]): Optional => ({ ...option(...parts), gate: open, tokens: 1 });

// Expressions, without precedence: an expression is a flat list of operands and operators, which keeps the call depth
// per bracket small, and `precedence.ts` folds it.

export const expression: Rule = rule("expression", () => [
  operand,
  many(
    choice(
      as("operator", t.Operator),
      as("operator", t.Minus),
      as("operator", reserved.and),
      as("operator", reserved.or),
    ),
    operand,
  ),
]);

const operand: Rule = rule("operand", () => [
  many(choice(as("prefix", t.Minus), as("prefix", reserved.not))),
  primary,
  many(suffix),
]);

const primary: Rule = rule("primary", () => [
  choice(
    t.NumberToken,
    t.StringToken,
    reserved.true,
    reserved.false,
    gated(gate.follows(t.Plain), nextValue),
    gated(gate.beginsScan, scan),
    gated(gate.beginsCond, cond),
    gated(gate.follows(t.LBrace), checkpoint),
    gated(gate.follows(t.LBrace), evaluation),
    gated(gate.beginsFunction, functionLiteral),
    t.Name,
    list,
    tuple,
    record,
    ifElse,
    repeat,
    whileLoop,
    forLoop,
  ),
]);

const suffix: Rule = rule("suffix", () => [
  choice(
    alternative(t.LParen, separated(t.Comma, argument), t.RParen),
    alternative(t.LSquare, separated(t.Comma, indexItem), t.RSquare),
    // `Net.*.norm` is a pattern of paths.
    alternative(t.Dot, choice(t.Word, t.Star)),
    t.Position,
  ),
]);

const argument = rule("argument", () => [optionIf(gate.follows(t.Colon), t.Word, t.Colon), choice(pack, expression)]);

const indexItem = rule("indexItem", () => [choice(t.Dots, alternative(as("from", expression), option(range)), range)]);

/** `:to:step`, after the start. */
const range = rule("range", () => [
  t.Colon,
  option(as("to", expression)),
  option(as("second", t.Colon), option(as("step", expression))),
]);

/** Also the dims of a tensor type. */
const list = rule("list", () => [t.LSquare, separated(t.Comma, element), t.RSquare]);
const element = rule("element", () => [choice(pack, expression)]);

/** `(a)` is grouping, `(a, b)` a tuple. */
const tuple = rule("tuple", () => [t.LParen, someSeparated(t.Comma, expression), t.RParen]);

const record = rule("record", () => [t.LBrace, separated(t.Comma, field), t.RBrace]);
const field = rule("field", () => [choice(gated(gate.follows(t.Colon), t.Word, t.Colon, expression), t.Name)]);

const pack = rule("pack", () => [t.Dots, t.Name]);

// Expressions with blocks.

const ifElse = rule("if", () => [
  reserved.if,
  expression,
  block,
  many(reserved.else, reserved.if, expression, block),
  option(reserved.else, block),
]);

/** Like `if`, but both branches are required. */
const cond = rule("cond", () => [
  contextual.cond,
  expression,
  block,
  many(reserved.else, contextual.cond, expression, block),
  reserved.else,
  block,
]);

const repeat = rule("repeat", () => [
  reserved.repeat,
  optionIf(gate.patternAndIn, pattern, contextual.in),
  expression,
  option(carries),
  block,
]);

const forLoop = rule("for", () => [reserved.for, pattern, contextual.in, expression, block]);
const checkpoint = rule("checkpoint", () => [contextual.checkpoint, block]);
const evaluation = rule("eval", () => [contextual.eval, block]);
const nextValue = rule("nextValue", () => [contextual.next, t.Name]);

const scan = rule("scan", () => [
  contextual.scan,
  // With one token of lookahead, so that a mistake after the first name is reported there.
  {
    ...choice(
      gated(gate.follows(contextual.along), t.Name, along),
      alternative(someSeparated(t.Comma, sequence), option(along)),
    ),
    tokens: 1,
  },
  option(contextual.reversed),
  option(carries),
  block,
]);

const whileLoop = rule("while", () => [reserved.while, carries, contextual.until, expression, block]);

const along = rule("along", () => [contextual.along, expression]);
const sequence = rule("sequence", () => [pattern, contextual.in, expression]);
const carries = rule("carries", () => [contextual.carry, someSeparated(t.Comma, carry)]);
const carry = rule("carry", () => [t.Plain, option(t.Equals, expression)]);

const pattern: Rule = rule("pattern", () => [
  choice(
    t.Name,
    alternative(t.LParen, separated(t.Comma, pattern), t.RParen),
    alternative(t.LSquare, separated(t.Comma, pattern), t.RSquare),
  ),
]);

const functionLiteral = rule("functionLiteral", () => [
  contextual.fn,
  t.LParen,
  separated(t.Comma, functionParameter),
  t.RParen,
  body,
]);

const functionParameter = rule("functionParameter", () => [
  t.Name,
  option(t.Colon, type),
  option(t.Equals, expression),
]);

// Blocks, types and statements.

export const block: Rule = rule("block", () => [
  {
    ...choice(
      gated(gate.beginsRecord, record),
      alternative(t.LBrace, option(statement, many(t.Newline, statement)), t.RBrace),
    ),
    tokens: 1,
  },
]);

export const body = rule("body", () => [choice(block, alternative(t.Equals, expression))]);

export const type: Rule = rule("type", () => [
  choice(
    alternative(t.LSquare, type, t.RSquare),
    alternative(t.Name, option(list), {
      ...option(t.LParen, as("model", t.Name), t.RParen),
      gate: gate.isParams,
    }),
  ),
]);

export const result: Rule = rule("result", () => [
  choice(
    alternative(t.LParen, someSeparated(t.Comma, resultItem), t.RParen),
    alternative(t.LBrace, someSeparated(t.Comma, resultField), t.RBrace),
    type,
  ),
]);

const resultItem = rule("resultItem", () => [optionIf(gate.follows(t.Colon), t.Word, t.Colon), result]);
const resultField = rule("resultField", () => [t.Word, t.Colon, result]);

const statement = rule("statement", () => [
  choice(
    letLine,
    minimize,
    yieldLine,
    assertion,
    gated(gate.follows(t.Name), variable),
    gated(gate.follows(t.Name, t.StringToken), freeze),
    gated(gate.beginsUpdate, update),
    gated(gate.beginsNext, next),
    gated(gate.beginsWrite, write),
    t.Invalid,
    expression,
  ),
]);

export const letLine = rule("let", () => [reserved.let, pattern, t.Equals, expression]);

const minimize = rule("minimize", () => [
  reserved.minimize,
  as("loss", expression),
  contextual.over,
  step,
  contextual.with,
  as("with", expression),
]);

/** `update Net with g |> adam(lr: 1e-3)` */
const update = rule("update", () => [contextual.update, step, contextual.with, as("with", expression)]);

/** `Net, only: "*.w" every 2 when ok` */
const step = rule("step", () => [
  targets,
  option(contextual.every, as("every", expression)),
  option(contextual.when, as("when", expression)),
]);

/** Models and parts of them, and patterns of the paths in them: `Net, D, only: "*.w"`. */
const targets = rule("targets", () => [
  as("target", expression),
  { ...many(t.Comma, as("target", expression)), gate: gate.nextTarget },
  option(t.Comma, contextual.only, t.Colon, as("only", expression)),
]);

const freeze = rule("freeze", () => [contextual.freeze, targets]);

const variable = rule("variable", () => [
  choice(as("kind", contextual.param), as("kind", contextual.state)),
  t.Name,
  t.Colon,
  type,
  option(t.Equals, expression),
]);

/** `mean <- m`, `Net.norm.mean <- m`, `kv[at] <- row` */
const write = rule("write", () => [t.Name, many(suffix), t.Write, expression]);
const next = rule("next", () => [contextual.next, t.Name, t.Equals, expression]);
const yieldLine = rule("yield", () => [reserved.yield, expression]);

const assertion = rule("assert", () => [
  reserved.assert,
  as("condition", expression),
  option(t.Comma, as("says", expression)),
]);
