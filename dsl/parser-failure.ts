import { tokenMatcher, type IRecognitionException, type IToken } from "chevrotain";
import { closers } from "./brackets.ts";
import type { Failure } from "./failure.ts";
import { hint } from "./hints.ts";
import { end } from "./lex.ts";
import type { DiagnosticList } from "./diagnostic-list.ts";
import * as t from "./tokens.ts";

/** Converts a failure of the parser library to a diagnostic in our own words. */
export function reportFailure(
  error: IRecognitionException,
  tokens: readonly IToken[],
  diagnostics: DiagnosticList,
): void {
  const failure = describe(error, tokens);
  const { code, says, help, at } = hint(failure) ?? {};
  const { previous } = failure;
  const found = at ?? failure.found;
  const span = found
    ? diagnostics.span(found.startOffset, end(found))
    : diagnostics.span(end(previous ?? error.token), end(previous ?? error.token));
  diagnostics.add({
    code: code ?? "E0106",
    says: says ?? `expected ${wanted(failure)}, found ${found ? show(found) : "the end of the line"}`,
    at: { span, says: where[failure.rule] ?? "in this declaration" },
    ...(help === undefined ? {} : { help }),
  });
}

function describe(error: IRecognitionException, tokens: readonly IToken[]): Failure {
  const index = tokens.indexOf(error.token);
  const at = index < 0 ? tokens.length : index;
  const token = tokens[at];
  const closesLater =
    token !== undefined && closers.has(token.tokenType) && (token.startLine ?? 0) > (tokens[at - 1]?.startLine ?? 0);
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

/** What was expected, in the user's terms. */
function wanted({ expected, rule, rules }: Failure): string {
  const [only] = expected;
  if (!only) return "the end of the line"; // the declaration was complete
  if (rule === "item") return "a declaration";
  if (rule === "statement") return "a statement";
  if (rule === "field" || (rule === "suffix" && only === "Word")) return "the name of a field";
  if (expected.includes("Number") && rule !== "header") return "a value";
  if (rule === "result") return "a type";
  if (rule === "type") return only === "RSquare" ? "`]`" : "a type";
  if (rule === "block" && only === "RBrace") return "the end of the statement";
  if (rule === "body") return "a body";
  if (rule === "test" && only === "String") return "the title of the test in quotes";
  if (rule === "import" && only === "String") return "the path of a file in quotes";
  if (
    only === "RParen" ||
    only === "RSquare" ||
    (only === "RBrace" && (rules.includes("record") || rule === "import" || rule === "export"))
  )
    return `\`,\` or ${labels.get(only)}`;
  return expected.map((name) => labels.get(name) ?? name).join(" or ");
}

const where: Readonly<Record<string, string>> = {
  item: "at the top level",
  end: "in this line",
  header: "in the version line",
  import: "in this import",
  importName: "in this import",
  export: "in this export",
  dims: "in this list of dims",
  callable: "in the head of this declaration",
  entry: "in the head of this entry",
  body: "in the head of this declaration",
  parameters: "in this list of parameters",
  parameter: "in this parameter",
  type: "in this type",
  pack: "in this pack",
  block: "in this block",
  statement: "in this statement",
  let: "in this `let`",
  pattern: "in this pattern",
  minimize: "in this `minimize`",
  variable: "in this declaration",
  write: "in this assignment",
  expression: "in this expression",
  operand: "in this expression",
  primary: "in this expression",
  suffix: "in this call or index",
  argument: "in this argument",
  indexItem: "in this index",
  list: "in this list",
  element: "in this list",
  tuple: "in these parentheses",
  record: "in this record",
  field: "in this record",
  if: "in this `if`",
  repeat: "in this `repeat`",
  cond: "in this `cond`",
  for: "in this `for`",
  while: "in this `while`",
  scan: "in this `scan`",
  sequence: "in this `scan`",
  carries: "in this list of carries",
  carry: "in this list of carries",
  eval: "in this `eval`",
  update: "in this `update`",
  checkpoint: "in this `checkpoint`",
  result: "in this result type",
  resultItem: "in this result type",
  resultField: "in this result type",
  functionLiteral: "in this function",
  functionParameter: "in this function",
  freeze: "in this `freeze`",
  next: "in this `next`",
  nextValue: "in this `next`",
  yield: "in this `yield`",
  assert: "in this `assert`",
  where: "in this `where`",
  gradient: "in this gradient rule",
  setting: "in this setting",
  test: "in this test",
};
