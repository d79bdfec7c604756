import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  bodyOf,
  declarationOf,
  declaredName,
  isNode,
  nameOf,
  nodeAt,
  nodesAt,
  type Declaration,
} from "./declaration.ts";
import { invariant } from "../../../compiler/support/invariant.ts";

const root = new URL("../../../", import.meta.url);

/** What a module exports under a name: a declaration, possibly of another file. */
export interface Exported extends Declaration {
  readonly file: string;
}

/** A module that users import. */
export interface Door {
  /** `dlc/runtime` */
  readonly name: string;
  readonly file: string;
  /** The comment at its beginning. */
  readonly about: string;
  readonly exports: readonly Exported[];
}

type Target = string | { readonly [condition: string]: Target };

/** The first of the files for different hosts. */
const firstFile = (target: Target): string =>
  typeof target === "string" ? target : firstFile(Object.values(target)[0] ?? "");

/** What the plugin's pages and Node's option `--import` load: programs call nothing of it. */
const notCalled: readonly string[] = ["dlc/hot", "dlc/register"];

/** What `exports` of package.json lists, as far as programs call it. */
export function doors(): readonly Door[] {
  const manifest = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as {
    readonly name: string;
    readonly exports: Readonly<Record<string, Target>>;
  };
  return Object.entries(manifest.exports)
    .map(([path, target]) => ({ name: manifest.name + path.slice(1), file: firstFile(target).replace(/^\.\//, "") }))
    .filter(({ name, file }) => file.endsWith(".ts") && !notCalled.includes(name))
    .map((door) => ({ ...door, about: aboutOf(textOf(door.file)), exports: exportsOf(door.file) }));
}

export const textOf = (file: string): string => readFileSync(new URL(file, root), "utf8");

const aboutOf = (text: string): string =>
  (/^(?:\/\/.*\n)+/.exec(text)?.[0] ?? "")
    .replaceAll(/^\/\/ ?/gm, "")
    .replaceAll("\n", " ")
    .trim();

/** The file that an import names. */
function resolved(from: string, source: string): string {
  const url = new URL(source, new URL(from, root));
  invariant(existsSync(url), `${from} imports ${source}, which is not a file of this repository`);
  return fileURLToPath(url).slice(fileURLToPath(root).length);
}

/** All that a file exports, in its order. */
export function exportsOf(file: string): readonly Exported[] {
  const text = textOf(file);
  const body = bodyOf(text);
  return body.flatMap((statement): readonly Exported[] => {
    const source = isNode(statement["source"]) ? resolved(file, nameOf(statement["source"])) : null;
    if (statement.type === "ExportAllDeclaration" && source !== null) return exportsOf(source);
    if (statement.type !== "ExportNamedDeclaration") return [];
    if (isNode(statement["declaration"])) return [{ ...declarationOf(text, statement), file }];
    return nodesAt(statement, "specifiers").map((specifier) => {
      const local = nameOf(nodeAt(specifier, "local"));
      const found = source === null ? findLocal(file, local) : findExport(source, local);
      return { ...found, name: nameOf(nodeAt(specifier, "exported")) };
    });
  });
}

function findExport(file: string, name: string): Exported {
  const found = exportsOf(file).find((each) => each.name === name);
  invariant(found !== undefined, `${file} does not export ${name}`);
  return found;
}

/** What a file exports under a name of its own: imported, or declared before. */
function findLocal(file: string, name: string): Exported {
  const text = textOf(file);
  const body = bodyOf(text);
  for (const statement of body.filter(({ type }) => type === "ImportDeclaration")) {
    const specifier = nodesAt(statement, "specifiers").find((each) => nameOf(nodeAt(each, "local")) === name);
    if (specifier !== undefined)
      return findExport(resolved(file, nameOf(nodeAt(statement, "source"))), nameOf(nodeAt(specifier, "imported")));
  }
  const own = body.find((each) => ("id" in each || "declarations" in each) && declaredName(each) === name);
  invariant(own !== undefined, `${file} exports ${name}, which it does not declare`);
  return { ...declarationOf(text, { ...own, declaration: own }), file };
}
