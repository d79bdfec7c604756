import { fileURLToPath } from "node:url";
import type { Entry } from "../../dsl/ast.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { DiagnosticError } from "../../dsl/diagnostic-error.ts";
import { parse } from "../../dsl/parse.ts";
import type { Source } from "../../dsl/span.ts";
import { nearOr } from "../../dsl/suggest.ts";
import { reject } from "./reject.ts";
import { readText } from "./files.ts";

export const readSource = (path: string): Source => ({ name: path, text: readText(path) });

/** All files; throws the errors of all that cannot be read. */
export function readSources(paths: readonly string[]): readonly Source[] {
  const diagnostics: Diagnostic[] = [];
  const sources = paths.flatMap((path) => {
    try {
      return [readSource(path)];
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      diagnostics.push(...error.diagnostics);
      return [];
    }
  });
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  return sources;
}

/** Parsed once, although a command asks several times: for the entry to train, the entry to evaluate, and the dims. */
const parsed = new WeakMap<Source, readonly Entry[]>();

/** The entries of a file, as written. Throws the syntax errors of the text. */
export function entriesOf(source: Source): readonly Entry[] {
  const known = parsed.get(source);
  if (known !== undefined) return known;
  const { file, diagnostics } = parse(source);
  if (file === null || diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  const entries = file.items.filter((item) => item.kind === "entry");
  parsed.set(source, entries);
  return entries;
}

/** The entry of that name. Throws E1020, which lists the existing names. */
export function entryNamed(source: Source, name: string): Entry {
  const entries = entriesOf(source);
  return (
    entries.find((entry) => entry.name.text === name) ??
    reject("E1020", `${source.name} has no entry \`${name}\``, helpFor(name, entries))
  );
}

/** The entry that `dlc train` runs: the requested one, or the only train entry, or `step` if there are several. */
export function trainEntry(source: Source, asked: string | undefined): Entry {
  if (asked !== undefined) return entryNamed(source, asked);
  const trains = entriesOf(source).filter((entry) => entry.mode === "train");
  const found = trains.length === 1 ? trains[0] : trains.find((entry) => entry.name.text === "step");
  if (found !== undefined) return found;
  return trains.length === 0
    ? reject("E1020", `${source.name} has no \`train entry\``, "add one that minimizes a loss")
    : reject("E1020", `${source.name} has several train entries: ${namesOf(trains)}`, "choose one with --entry");
}

/**
 * Infers the sizes of dims that appear as plain names in the types of an entry's inputs (`f32[N, 28]`) from the shapes
 * of the given tensors.
 */
export function inferDims(entry: Entry, shapes: ReadonlyMap<string, readonly number[]>): Record<string, number> {
  const dims = new Map<string, number>();
  for (const { name, type } of entry.params) {
    const shape = shapes.get(name.text);
    if (shape === undefined || type.kind !== "tensor" || type.dims.length !== shape.length) continue;
    type.dims.forEach((dim, axis) => {
      if (dim.kind === "name" && !dims.has(dim.text)) dims.set(dim.text, shape[axis] ?? 0);
    });
  }
  return Object.fromEntries(dims);
}

const helpFor = (name: string, entries: readonly Entry[]): string =>
  entries.length === 0
    ? "the file has no entries"
    : nearOr(
        name,
        entries.map((entry) => entry.name.text),
        "its entries are",
      );

const namesOf = (entries: readonly Entry[]): string => entries.map((entry) => entry.name.text).join(", ") || "none";

/**
 * The path of a `.dl` file that is given as a path or URL; null for the text of a model, which is never a single line
 * that ends in `.dl`.
 */
export function pathOf(source: string | URL): string | null {
  const text = String(source);
  if (text.includes("\n") || !text.endsWith(".dl")) return null;
  if (!/^[a-z]+:\/\//i.test(text)) return text;
  try {
    return fileURLToPath(text);
  } catch {
    return reject("E1001", `cannot read ${text}: not the URL of a file`);
  }
}
