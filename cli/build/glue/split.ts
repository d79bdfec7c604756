import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { OutputChunk } from "rolldown";
import { invariant, present } from "../../../compiler/support/invariant.ts";
import type { GlueParts, Piece } from "./piece.ts";

interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

const runtimeFile = (name: string): string => fileURLToPath(new URL(`../../../runtime/${name}`, import.meta.url));

/**
 * Bundles and minifies what a built model may contain, and splits the result into its top-level declarations, so that
 * each build has those that it needs. Their names stay until they are linked; all others are short by then.
 */
export async function splitRuntime(): Promise<GlueParts> {
  const [{ rolldown }, { parseAst }] = await Promise.all([import("rolldown"), import("rolldown/parseAst")]);
  const bundle = await rolldown({ input: runtimeFile("artefact.ts"), platform: "neutral", logLevel: "silent" });
  const { output } = await bundle.generate({
    format: "es",
    comments: false,
    minify: { compress: true, mangle: { toplevel: false }, codegen: { removeWhitespace: true } },
  });
  await bundle.close();
  const { code } = output[0] as OutputChunk;
  const statements = (parseAst(code) as { readonly body: readonly SyntaxNode[] }).body;
  const declared = statements.flatMap(declarations);
  const names = new Set(declared.map(({ name }) => name));
  const identifiers = statements.flatMap((statement) => identifiersIn(statement, false));
  return {
    pieces: declared.map((declaration) => pieceOf(code, declaration, names)),
    taken: [...new Set(identifiers.map(({ name }) => name))].filter((name) => !names.has(name)).toSorted(),
    types: readFileSync(runtimeFile("model.ts"), "utf8"),
    workerTypes: readFileSync(runtimeFile("worker-model.ts"), "utf8"),
  };
}

interface Declaration {
  readonly name: string;
  readonly keyword: Piece["keyword"];
  /** What follows the keyword. */
  readonly node: SyntaxNode;
}

function declarations(statement: SyntaxNode): readonly Declaration[] {
  const { declarations: declared, kind } = statement as unknown as {
    readonly declarations: readonly SyntaxNode[];
    readonly kind: Piece["keyword"];
  };
  switch (statement.type) {
    case "VariableDeclaration":
      return declared.map((node) => ({ name: nameOf(node), keyword: kind, node }));
    case "FunctionDeclaration":
      return [{ name: nameOf(statement), keyword: "function", node: statement }];
    case "ExportNamedDeclaration":
      return [];
    default:
      // A table that is filled when the module loads, for instance, could not be left out.
      return (
        invariant(statement.type === "EmptyStatement", `the runtime has a ${statement.type} at its top level`), []
      );
  }
}

const nameOf = (node: SyntaxNode): string =>
  present((node as unknown as { readonly id: { readonly name?: string } | null }).id?.name, "a declaration has a name");

function pieceOf(code: string, { name, keyword, node }: Declaration, names: ReadonlySet<string>): Piece {
  const texts: string[] = [];
  const holes: string[] = [];
  let at = node.start;
  for (const identifier of identifiersIn(node, false)) {
    if (!names.has(identifier.name)) continue;
    texts.push(code.slice(at, identifier.start) + (identifier.short ? `${identifier.name}:` : ""));
    holes.push(identifier.name);
    at = identifier.end;
  }
  texts.push(code.slice(at, node.end));
  return { name, keyword, texts, holes };
}

interface Identifier {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** `{ name }`, which stands for `{ name: name }`. */
  readonly short: boolean;
}

/** The identifiers below a node that are no names of properties, in the order of the text. */
function identifiersIn(node: unknown, short: boolean): readonly Identifier[] {
  if (Array.isArray(node)) return node.flatMap((each) => identifiersIn(each, false));
  if (typeof node !== "object" || node === null || !("type" in node)) return [];
  const fields = node as Readonly<Record<string, unknown>>;
  const { type, start, end } = node as SyntaxNode;
  if (type === "Identifier") return [{ name: fields["name"] as string, start, end, short }];
  return Object.entries(fields).flatMap(([field, value]) => {
    const names = (field === "property" && type === "MemberExpression") || (field === "key" && type !== "KeyValue");
    if (names && fields["computed"] !== true) return [];
    return identifiersIn(value, field === "value" && fields["shorthand"] === true);
  });
}
