import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tokensOf, withShortNames } from "./short-names.ts";
import { invariant } from "../../compiler/support/invariant.ts";

/**
 * Joins a TypeScript file and the files that it imports into one piece of JavaScript without imports or exports, in an
 * order in which every file comes after the files that it imports. Only relative imports; names at the top of the files
 * must differ, which is checked. The names in `exported` stay.
 */
export function bundle(main: URL, exported: readonly string[]): string {
  const pieces = filesInOrder(main).map((file) => piece(readFileSync(file, "utf8")));
  const names = pieces.flatMap((text) =>
    [...text.matchAll(/^(?:async )?(?:function|const|let|class) (\w+)/gm)].map((match) => match[1]),
  );
  const twice = names.filter((name, i) => names.indexOf(name) !== i);
  invariant(twice.length === 0, `the runtime declares ${twice.join(", ")} in more than one file`);
  return withShortNames(pieces.map(compact).join(""), new Set(exported));
}

const importStatement = /^import\s[^;]*?from "(\.[^"]+)";\n/gm;
/** Does not match `export type X = ...`, which type stripping removes. */
const typeImport = /^(?:import|export) type\s[^;=]*? from "[^"]+";\n/gm;

function filesInOrder(main: URL): URL[] {
  const found = new Map<string, URL>();
  const visit = (file: URL): void => {
    if (found.has(file.href)) return;
    const text = readFileSync(file, "utf8").replaceAll(typeImport, "");
    for (const [, target = ""] of text.matchAll(importStatement)) visit(new URL(target, file));
    found.set(file.href, file);
  };
  visit(main);
  return [...found.values()];
}

/** Strips types (which leaves spaces), imports, exports and comments. */
function piece(text: string): string {
  const code = withoutWarnings(() =>
    stripTypeScriptTypes(
      text
        .replaceAll(typeImport, "")
        .replaceAll(importStatement, "")
        .replaceAll(/^( +)readonly /gm, "$1"),
    ),
  );
  return code
    .replaceAll(/^\s*\/\*[\s\S]*?\*\/[ \t]*$/gm, "")
    .split("\n")
    .filter((line) => line.trim() !== "" && !/^\s*\/\//.test(line))
    .map((line) => `${tidy(line).replace(/^export /, "")}\n`)
    .join("");
}

/**
 * Without indentation and needless spaces, without line breaks inside statements, without trailing commas and
 * semicolons, and with `let` for `const`, a twentieth of the compressed size. Line breaks between statements stay, so
 * that a stack trace names a statement.
 */
function compact(text: string): string {
  invariant(
    text.split("\n").every((line) => line.split("`").length % 2 === 1),
    "a template literal of the runtime spans lines",
  );
  return withoutSpaces(text.replaceAll(/^ +/gm, ""))
    .replaceAll(/(?<=^|[{;(])const(?=[ {[])/gm, "let")
    .replaceAll(/,\n(?=[)\]}])/g, "")
    .replaceAll(/(?<=[,({[=?:>&|+])\n|\n(?=[?:.)\]}&|+*=])/g, "")
    .replaceAll(/;(?=\})/g, "");
}

/** Without the spaces that separate neither two words nor two signs that would become another. */
function withoutSpaces(script: string): string {
  const texts = tokensOf(script).map(({ text }) => text);
  return texts
    .filter((text, i) => {
      const around = `${texts[i - 1]?.at(-1) ?? ""}${texts[i + 1]?.at(0) ?? ""}`;
      return !/^ +$/.test(text) || /^(?:[\w$#]{2}|[+-]{2}|\/{2})$/.test(around);
    })
    .join("");
}

/** Removes the spaces that stripped types leave, except in lines that have such spaces in a string. */
function tidy(line: string): string {
  if (/["'`].* {2}.*["'`]/.test(line)) return line.trimEnd();
  return line
    .trimEnd()
    .replaceAll(/(\S) {2,}/g, "$1 ")
    .replaceAll(/(\S) (?=[),;])/g, "$1");
}

/** `stripTypeScriptTypes` still prints an experimental warning, although running stripped files is stable. */
function withoutWarnings<T>(run: () => T): T {
  const emitWarning = process.emitWarning;
  process.emitWarning = () => undefined;
  try {
    return run();
  } finally {
    process.emitWarning = emitWarning;
  }
}
