import { parseAst } from "rolldown/parseAst";
import { invariant } from "../../../compiler/support/invariant.ts";

/** The part of a syntax tree that is read here. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface Declaration {
  readonly name: string;
  /** Whether it exists at run time. */
  readonly isValue: boolean;
  /** As TypeScript declares it, without bodies. */
  readonly signature: string;
  /** Its comment, without examples. */
  readonly doc: string;
  readonly examples: readonly string[];
}

export const bodyOf = (text: string): readonly SyntaxNode[] =>
  (parseAst(text, { lang: "ts" }) as unknown as { readonly body: readonly SyntaxNode[] }).body;

export const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === "object" && value !== null && "type" in value && "start" in value;

export function nodeAt(node: SyntaxNode, field: string): SyntaxNode {
  const found = node[field];
  invariant(isNode(found), `${node.type} has no ${field}`);
  return found;
}

export const nodesAt = (node: SyntaxNode, field: string): readonly SyntaxNode[] =>
  ((node[field] ?? []) as readonly unknown[]).filter(isNode);

/** The name of an identifier or of a quoted one. */
export const nameOf = (node: SyntaxNode): string => String(node["name"] ?? node["value"]);

/** The comment that ends where `at` begins, as text and examples. */
function commentBefore(text: string, at: number): Pick<Declaration, "doc" | "examples"> {
  const [, comment = ""] = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(text.slice(0, at)) ?? [];
  const lines = comment.replaceAll(/^[ \t]*\* ?/gm, "").trim();
  const [doc = "", ...examples] = lines.split(/^@example\n/m).map((part) => part.trim());
  return { doc, examples };
}

/** A statement `export ...` that declares a name. */
export function declarationOf(text: string, statement: SyntaxNode): Declaration {
  const node = nodeAt(statement, "declaration");
  return {
    name: declaredName(node),
    isValue: !node.type.startsWith("TS"),
    signature: signatureOf(text, node),
    ...commentBefore(text, statement.start),
  };
}

export function declaredName(node: SyntaxNode): string {
  const [declarator] = nodesAt(node, "declarations");
  return nameOf(nodeAt(declarator ?? node, "id"));
}

function signatureOf(text: string, node: SyntaxNode): string {
  switch (node.type) {
    case "FunctionDeclaration":
      return text.slice(node.start, nodeAt(node, "body").start).trim();
    case "ClassDeclaration":
      return classSignature(text, node);
    case "VariableDeclaration":
      return constantSignature(text, node);
    default:
      return withoutExamples(text.slice(node.start, node.end));
  }
}

/** Fields and methods, with their comments; not what is private or generated. */
function classSignature(text: string, node: SyntaxNode): string {
  const body = nodeAt(node, "body");
  const fields = nodesAt(body, "body").filter(({ type }) => type === "PropertyDefinition");
  const withComment = ({ start, end }: SyntaxNode): string => {
    const [comment = ""] = /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*$/.exec(text.slice(0, start)) ?? [];
    return `  ${comment}${text.slice(start, end).replace(/^declare /, "")}\n`;
  };
  return `${text.slice(node.start, body.start)}{\n${fields.map(withComment).join("")}}`;
}

/** A function by its parameters and result, also where another function wraps it; else the type. */
function constantSignature(text: string, node: SyntaxNode): string {
  const [declarator] = nodesAt(node, "declarations");
  invariant(declarator !== undefined, "a constant without a declarator");
  const id = nodeAt(declarator, "id");
  const init = nodeAt(declarator, "init");
  const run = init.type === "CallExpression" ? nodesAt(init, "arguments")[0] : init;
  if (isNode(id["typeAnnotation"]) || run?.type !== "ArrowFunctionExpression")
    return `const ${text.slice(id.start, id.end)}`;
  const head = text.slice(run.start, nodeAt(run, "body").start);
  return `function ${nameOf(id)}${head.replace(/^async /, "").replace(/\s*=>\s*$/, "")}`;
}

/** Members of a type have examples where the page describes them one by one. */
export const withoutExamples = (text: string): string =>
  text.replaceAll(/\n[ \t]*\* @example\n(?:[ \t]*\*(?!\/).*\n)*/g, "\n");

/** The members of an interface, one for each name; overloads share the comment of the first. */
export function membersOf(text: string, statement: SyntaxNode): readonly Declaration[] {
  const members = nodesAt(nodeAt(nodeAt(statement, "declaration"), "body"), "body");
  const byName = Map.groupBy(members, (member) => nameOf(nodeAt(member, "key")));
  return [...byName].map(([name, nodes]) => ({
    name,
    isValue: true,
    signature: nodes.map(({ start, end }) => dedented(text.slice(start, end))).join("\n"),
    ...commentBefore(text, nodes[0]?.start ?? 0),
  }));
}

const dedented = (text: string): string => text.replaceAll(/^ {2}/gm, "");
