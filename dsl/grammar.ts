import * as gate from "./gates.ts";
import { block, body, expression, letLine, result, type } from "./grammar-body.ts";
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
  type Rule,
} from "./grammar-parts.ts";
import * as t from "./tokens.ts";

const { contextual } = t;

/** One logical line at the top of a file. */
export const item: Rule = rule("item", () => [
  choice(
    header,
    importLine,
    exportLine,
    dims,
    letLine,
    gated(gate.equalsIsThird, chain),
    callable,
    entry,
    setting,
    test,
  ),
]);

const header = rule("header", () => [contextual.dl, t.NumberToken]);

const importLine = rule("import", () => [
  contextual.import,
  t.LBrace,
  someSeparated(t.Comma, importName),
  t.RBrace,
  contextual.from,
  t.StringToken,
]);
const importName = rule("importName", () => [t.Name, option(contextual.as, t.Name)]);
const exportLine = rule("export", () => [contextual.export, t.LBrace, someSeparated(t.Comma, t.Name), t.RBrace]);

const dims = rule("dims", () => [contextual.dim, someSeparated(t.Comma, dim)]);
const dim = rule("dim", () => [t.Name, option(t.Equals, expression)]);

/** `optimizer opt = clip(1.0) |> adam(lr: 1e-3)` */
const chain = rule("chain", () => [contextual.optimizer, t.Name, t.Equals, expression]);

/** `model Target = Net`, or a declaration with parameters. */
const callable = rule("callable", () => [
  choice(
    as("kind", contextual.model),
    as("kind", contextual.layer),
    as("kind", contextual.fn),
    as("kind", contextual.optimizer),
  ),
  t.Name,
  choice(
    gated(gate.declares(contextual.model), original),
    alternative(parameters, option(parameters), option(t.Arrow, result), many(where), body, {
      ...option(gradient),
      gate: gate.declares(contextual.fn),
    }),
  ),
]);

const original = rule("original", () => [t.Equals, t.Name]);
const where = rule("where", () => [
  contextual.where,
  as("condition", expression),
  option(t.Comma, as("says", expression)),
]);

const gradient = rule("gradient", () => [
  contextual.with,
  contextual.gradient,
  t.LParen,
  someSeparated(t.Comma, t.Name),
  t.RParen,
  block,
]);

const entry = rule("entry", () => [
  option(choice(as("mode", contextual.train), as("mode", contextual.draw))),
  contextual.entry,
  t.Name,
  parameters,
  body,
]);

const parameters = rule("parameters", () => [t.LParen, separated(t.Comma, parameter), t.RParen]);
const parameter = rule("parameter", () => [t.Name, t.Colon, type, option(t.Equals, expression)]);

const setting = rule("setting", () => [
  contextual.setting,
  t.Name,
  t.Colon,
  type,
  t.Equals,
  as("value", expression),
  option(contextual.in, as("range", expression)),
]);

const test = rule("test", () => [contextual.test, t.StringToken, block]);
