// Shrinks a program that shows a fault: parts of the syntax tree are removed or replaced by their children, and the
// result is printed.
import type { Argument, Block, Expr, File, Item, Stmt } from "../../../dsl/ast.ts";
import { print } from "../../../dsl/format.ts";
import { parse } from "../../../dsl/parse.ts";

type Tree = unknown;
type Path = readonly (string | number)[];

const isNode = (tree: Tree): tree is Record<string, unknown> =>
  typeof tree === "object" && tree !== null && !Array.isArray(tree);

/** Lists whose items may be removed. */
const lists = new Set([
  "items",
  "statements",
  "params",
  "statics",
  "args",
  "fields",
  "carries",
  "sequences",
  "transforms",
  "over",
  "targets",
  "where",
  "imports",
]);
/** The children that may replace an expression. */
const parts = new Set(["left", "right", "value", "object", "then", "otherwise", "callee", "body"]);
/** The parts of a node that may be absent. */
const optional = ["result", "gradient", "only", "every", "when"];
const expressions = new Set<string>([
  "unary",
  "binary",
  "call",
  "pipe",
  "member",
  "index",
  "if",
  "cond",
  "checkpoint",
  "eval",
  "function",
  "repeat",
]);

/** All edits of a tree, the largest removals first. */
function* edits(tree: Tree, path: Path = []): Generator<{ readonly path: Path; readonly value: Tree }> {
  if (Array.isArray(tree)) {
    const name = path.at(-1);
    if (typeof name === "string" && lists.has(name))
      for (let k = tree.length - 1; k >= 0; k--) yield { path, value: tree.toSpliced(k, 1) };
    for (const [k, item] of tree.entries()) yield* edits(item, [...path, k]);
    return;
  }
  if (!isNode(tree)) return;
  if (typeof tree["kind"] === "string" && expressions.has(tree["kind"]))
    for (const [name, part] of Object.entries(tree)) {
      const inner = isNode(part) && Array.isArray(part["statements"]) ? lastValue(part as unknown as Block) : part;
      if (parts.has(name) && isNode(inner)) yield { path, value: inner };
    }
  if (tree["kind"] === "call" && Array.isArray(tree["args"]))
    for (const arg of tree["args"] as readonly Argument[]) yield { path, value: arg.value };
  for (const name of optional) if (isNode(tree[name])) yield { path: [...path, name], value: null };
  for (const [name, part] of Object.entries(tree))
    if (name !== "span" && !name.endsWith("Span")) yield* edits(part, [...path, name]);
}

function lastValue({ statements }: Block): Expr | null {
  const last: Stmt | undefined = statements.at(-1);
  return statements.length === 1 && last?.kind === "expression" ? last.value : null;
}

function replaced(tree: Tree, [first, ...rest]: Path, value: Tree): Tree {
  if (first === undefined) return value;
  if (Array.isArray(tree)) return tree.map((item: Tree, k) => (k === first ? replaced(item, rest, value) : item));
  return isNode(tree) ? { ...tree, [first]: replaced(tree[first], rest, value) } : tree;
}

/** The smallest text found that still fails; `fails` is called for at most `budget` candidates. */
export async function shrinkProgram(
  text: string,
  fails: (candidate: string) => Promise<boolean>,
  budget = 400,
): Promise<string> {
  let best = text;
  let left = budget;
  const seen = new Set([text]);
  for (let smaller = true; smaller && left > 0;) {
    smaller = false;
    const { file } = parse({ name: "program.dl", text: best });
    if (file === null) return best;
    for (const { path, value } of edits({ imports: file.imports, items: file.items satisfies readonly Item[] })) {
      const tree = replaced({ imports: file.imports, items: file.items }, path, value) as Pick<
        File,
        "imports" | "items"
      >;
      const candidate = printed({ ...file, ...tree });
      if (candidate === null || candidate.length >= best.length || seen.has(candidate)) continue;
      seen.add(candidate);
      if (left-- <= 0) return best;
      if (!(await fails(candidate))) continue;
      [best, smaller] = [candidate, true];
      break;
    }
  }
  return best;
}

/** Not every edited tree can be printed. */
function printed(file: File): string | null {
  try {
    return print(file, { name: "program.dl", text: "" });
  } catch {
    return null;
  }
}
