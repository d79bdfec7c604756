import { readdirSync, readFileSync } from "node:fs";
import type { Callable, Expr, Stmt } from "../../dsl/ast.ts";
import { exportedBy } from "../../dsl/outline.ts";
import { parse } from "../../dsl/parse.ts";
import type { Span } from "../../dsl/span.ts";
import { builtins } from "../../compiler/frontend/tensors/builtins.ts";
import { invariant } from "../../compiler/support/invariant.ts";
import { code, generated, sentence, table } from "./markdown.ts";

const folder = new URL("../../dsl/std/", import.meta.url);

/** Every documented declaration of the standard library, file by file, and the functions that are built in. */
export function libraryPage(): string {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(".dl"))
    .sort();
  return `${[
    "# The standard library",
    generated("the files of `dsl/std/`"),
    "All names here are in scope in every file without an import. A declaration with the same name in your file replaces it, and `std/FILE.dl` can still be " +
      "imported by name. Static arguments are in the first parentheses, tensors in the second; `x |> dense(10)` is `dense(10)(x)`. " +
      "Below a layer are the params and states of its own, such as `Net.dense1.w`, and the condition under which it has them.",
    table(
      ["file", "declares"],
      names.map((name) => [
        `[${name}](#std${name.replace(".", "")})`,
        documented(read(name))
          .map((item) => code(item.name.text))
          .join(", "),
      ]),
    ),
    ...names.map(section),
    "## Built in",
    "Functions that cannot be written in `.dl`: queries of types, lists, params and gradients, and random bits.",
    table(
      ["function", "result"],
      Object.entries(builtins).map(([name, { statics, optional, tensors, doc }]) => [
        code(call(name, statics, optional, tensors)),
        doc,
      ]),
    ),
  ].join("\n\n")}\n`;
}

function call(
  name: string,
  statics: readonly string[],
  optional: readonly string[],
  tensors: readonly string[],
): string {
  const given = [...tensors, ...statics.map((s) => (optional.includes(s) ? `${s}: ...` : s))];
  return `${name}(${given.join(", ")})`;
}

const read = (name: string): string => readFileSync(new URL(name, folder), "utf8");

/** The declarations that a file exports. */
function documented(text: string): readonly Callable[] {
  const { file } = parse({ name: "std", text });
  invariant(file !== null, "a file of the library does not parse");
  const exported = new Set(exportedBy({ name: "std", text }));
  return file.items.filter((item) => "statics" in item).filter((item) => exported.has(item.name.text));
}

function section(name: string): string {
  const text = read(name);
  return [
    `## std/${name}`,
    ...(about(text) === "" ? [] : [about(text)]),
    ...documented(text).map((item) => entry(item, text)),
  ].join("\n\n");
}

/** The comment below the version line that does not belong to a declaration. */
function about(text: string): string {
  const [, comment = ""] = /^dl \d+\n\n((?:\/\/.*\n)+)\n/.exec(text) ?? [];
  return comment
    .replaceAll(/^\/\/ ?/gm, "")
    .replaceAll("\n", " ")
    .trim();
}

function entry(item: Callable, text: string): string {
  const lines = [head(item, text), ...persistent(item.body, text).map((line) => `  ${line}`)];
  return `### ${item.name.text}\n\n${sentence(item.doc.replaceAll(/\s*\n\s*/g, " ").trim())}\n\n\`\`\`text\n${lines.join("\n")}\n\`\`\``;
}

type Declaration = Extract<Stmt, { readonly kind: "param" | "state" }>;
type Branch = Extract<Expr, { readonly kind: "if" }>;

const isKind = <T extends { readonly kind: string }>(part: object, ...kinds: readonly T["kind"][]): part is T =>
  "kind" in part && kinds.some((kind) => kind === part.kind);

/** The params and states that a body declares, each with its type and the condition: `param b: f32[units] if bias`. */
function persistent(part: unknown, text: string, when = ""): readonly string[] {
  if (typeof part !== "object" || part === null || "text" in part) return [];
  const written = ({ start, end }: Span): string => text.slice(start, end).replaceAll(/\s+/g, " ");
  if (isKind<Declaration>(part, "param", "state"))
    return [`${part.kind} ${part.name.text}: ${written(part.type.span)}${when}`];
  if (!isKind<Branch>(part, "if")) return Object.values(part).flatMap((each) => persistent(each, text, when));
  const condition = written(part.condition.span);
  const and = when === "" ? "if" : `${when.trim()} and`;
  return [
    ...persistent(part.then, text, ` ${and} ${condition}`),
    ...persistent(part.otherwise, text, ` ${and} not ${/ /.test(condition) ? `(${condition})` : condition}`),
  ];
}

/** The declaration as it is written, up to its body, on one line. */
function head({ span, body }: Callable, text: string): string {
  return text
    .slice(span.start, body.span.start)
    .replaceAll(/\/\/.*$/gm, "")
    .replace(/[={]\s*$/, "")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/([([]) /g, "$1")
    .replaceAll(/,? ([)\]])/g, "$1")
    .trim();
}
