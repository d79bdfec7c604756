import { tokenMatcher, type IRecognitionException, type IToken } from "chevrotain";
import { closers } from "./brackets.ts";
import { hint, type Failure } from "./hints.ts";
import { end } from "./lex.ts";
import type { Report } from "./report.ts";
import * as t from "./tokens.ts";

/** Turns a failure of the parser library into a diagnostic in our own words. */
export function complain(error: IRecognitionException, tokens: readonly IToken[], report: Report): void {
  const failure = describe(error, tokens);
  const { code, says, help, at } = hint(failure) ?? {};
  const { previous } = failure;
  const found = at ?? failure.found;
  const span = found ? report.span(found.startOffset, end(found)) : report.span(end(previous ?? error.token), end(previous ?? error.token));
  report.add({
    code: code ?? "E0106",
    says: says ?? `expected ${wanted(failure)}, found ${found ? show(found) : "the end of the line"}`,
    at: { span, says: `in ${where[failure.rule] ?? "this declaration"}` },
    ...(help === undefined ? {} : { help }),
  });
}

function describe(error: IRecognitionException, tokens: readonly IToken[]): Failure {
  const index = tokens.indexOf(error.token);
  const at = index < 0 ? tokens.length : index;
  const token = tokens[at];
  const closesLater = token !== undefined && closers.has(token.tokenType) && (token.startLine ?? 0) > (tokens[at - 1]?.startLine ?? 0);
  const isEnd = !token || token.tokenType === t.Newline || token.image === "" || closesLater;
  const rules = error.context.ruleStack;
  const line = tokens.slice(0, at).findLastIndex((u) => u.tokenType === t.Newline || u.tokenType === t.LBrace);
  return {
    found: isEnd ? null : token,
    previous: tokens[at - 1] ?? null,
    next: tokens[at + 1] ?? null,
    first: tokens[line + 1] ?? null,
    expected: error.message === "" ? [] : error.message.split(" "),
    rule: error.message === "" ? "end" : (rules.at(-1) ?? "item"),
    rules,
  };
}

function show(token: IToken): string {
  return tokenMatcher(token, t.StringToken) ? "a string" : `\`${token.image}\``;
}

const labels: ReadonlyMap<string, string> = new Map(t.vocabulary.map((type) => [type.name, type.LABEL ?? type.name]));

/** What would have fitted, in a user's words. */
function wanted({ expected, rule, rules }: Failure): string {
  const [only] = expected;
  if (!only) return "the end of the line"; // the item was complete
  if (rule === "item") return "a declaration";
  if (rule === "statement") return "a statement";
  if (rule === "field" || (rule === "suffix" && only === "Word")) return "the name of a field";
  if (expected.includes("Number") && rule !== "header") return "a value";
  if (rule === "type") return only === "RSquare" ? "`]`" : "a type";
  if (rule === "block" && only === "RBrace") return "the end of the statement";
  if (rule === "body") return "a body";
  if (rule === "test" && only === "String") return "the title of the test in quotes";
  if (rule === "import" && only === "String") return "the path of a file in quotes";
  if (only === "RParen" || only === "RSquare" || (only === "RBrace" && (rules.includes("record") || rule === "import"))) return `\`,\` or ${labels.get(only)}`;
  return expected.map((name) => labels.get(name) ?? name).join(" or ");
}

const where: Readonly<Record<string, string>> = {
  item: "the file itself",
  end: "this line",
  header: "the line of the version",
  import: "this import",
  importName: "this import",
  dims: "this list of dims",
  callable: "the head of this declaration",
  entry: "the head of this entry",
  body: "the head of this declaration",
  parameters: "this list of parameters",
  parameter: "this parameter",
  type: "this type",
  pack: "this pack",
  block: "this block",
  statement: "this statement",
  let: "this `let`",
  pattern: "this pattern",
  minimize: "this `minimize`",
  variable: "this declaration",
  write: "this write",
  expression: "this expression",
  operand: "this expression",
  primary: "this expression",
  suffix: "this call or index",
  argument: "this argument",
  indexItem: "this index",
  list: "this list",
  element: "this list",
  tuple: "these parentheses",
  record: "this record",
  field: "this record",
  if: "this `if`",
  repeat: "this `repeat`",
  cond: "this `cond`",
  for: "this `for`",
  while: "this `while`",
  scan: "this `scan`",
  sequence: "this `scan`",
  carries: "this list of carries",
  carry: "this list of carries",
  checkpoint: "this `checkpoint`",
  freeze: "this `freeze`",
  next: "this `next`",
  nextValue: "this `next`",
  yield: "this `yield`",
  assert: "this `assert`",
  where: "this `where`",
  gradient: "this gradient rule",
  setting: "this setting",
  test: "this test",
};
