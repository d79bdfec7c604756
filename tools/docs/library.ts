import { readdirSync, readFileSync } from "node:fs";
import type { Callable } from "../../dsl/ast.ts";
import { exportedBy } from "../../dsl/outline.ts";
import { parse } from "../../dsl/parse.ts";
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
      "imported by name. Static arguments are in the first parentheses, tensors in the second; `x |> dense(10)` is `dense(10)(x)`.",
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

const entry = (item: Callable, text: string): string =>
  `### ${item.name.text}\n\n${sentence(item.doc.replaceAll(/\s*\n\s*/g, " ").trim())}\n\n\`\`\`text\n${head(item, text)}\n\`\`\``;

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
