// The fenced code blocks of Markdown pages, and the diagnostics of those that are programs.
import { readFileSync } from "node:fs";
import { elaborateSource } from "../../compiler/compile.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { DiagnosticError } from "../../dsl/diagnostic-error.ts";
import type { Source } from "../../dsl/span.ts";

export interface Fence {
  /** `dl`, `sh`, ... */
  readonly language: string;
  /** The words after the language: `broken`, `E0412`, `file=./blocks.dl`. */
  readonly words: readonly string[];
  readonly text: string;
  readonly line: number;
}

export function fencesOf(page: string): readonly Fence[] {
  const lines = page.split("\n");
  const marks = lines.flatMap((line, i) => (line.startsWith("```") ? [i] : []));
  return marks.flatMap((start, k) => {
    if (k % 2 === 1) return [];
    const [language = "", ...words] = (lines[start] ?? "").slice(3).split(" ");
    return [{ language, words, text: `${lines.slice(start + 1, marks[k + 1]).join("\n")}\n`, line: start + 1 }];
  });
}

/** The path under which a fence is imported by the others of its page; null for a standalone program. */
export const fileOf = (fence: Fence): string | null =>
  fence.words.find((word) => word.startsWith("file="))?.slice("file=".length) ?? null;

/** The programs of a page. */
export const programsOf = (page: string): readonly Fence[] =>
  fencesOf(page).filter((fence) => fence.language === "dl" && fileOf(fence) === null);

const root = new URL("../../", import.meta.url);
const loaded = new Map<string, Source>();

function library(path: string): Source | null {
  const source = loaded.get(path) ?? { name: path, text: readFileSync(new URL(`dsl/${path}`, root), "utf8") };
  loaded.set(path, source);
  return source;
}

/**
 * The diagnostics of a program for those of these dims that its text names; other files are found by the path that
 * imports them.
 */
export function check(
  name: string,
  text: string,
  files: Readonly<Record<string, string>> = {},
  dims: Readonly<Record<string, number>> = { N: 32 },
): readonly Diagnostic[] {
  const resolve = (path: string): Source | null => {
    if (path.startsWith("std/")) return library(path);
    const found = Object.hasOwn(files, path) ? files[path] : undefined;
    return found === undefined ? null : { name: path, text: found };
  };
  try {
    const given = Object.entries(dims).filter(([dim]) => new RegExp(`\\b${dim}\\b`).test(text));
    return elaborateSource({ name, text }, { dims: Object.fromEntries(given), resolve }).warnings;
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics;
    throw error;
  }
}

/** The diagnostics of a program of a page; it can import the page's files. */
export function checkFence(page: string, fence: Fence, name = "example.dl"): readonly Diagnostic[] {
  const files = Object.fromEntries(
    fencesOf(page).flatMap((other) => (fileOf(other) === null ? [] : [[fileOf(other), other.text]])),
  );
  return check(name, fence.text, files);
}
