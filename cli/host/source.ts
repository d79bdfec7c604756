import { fileURLToPath } from "node:url";
import type { Entry } from "../../dsl/ast.ts";
import { DiagnosticError } from "../../dsl/diagnostic.ts";
import { parse } from "../../dsl/parse.ts";
import type { Source } from "../../dsl/span.ts";
import { nearOr } from "../../dsl/suggest.ts";
import { complain } from "./complain.ts";
import { readText } from "./files.ts";

export const readSource = (path: string): Source => ({ name: path, text: readText(path) });

/** The entries of a file, as written. Throws the mistakes of the text. */
export function entriesOf(source: Source): readonly Entry[] {
  const { file, diagnostics } = parse(source);
  if (file === null || diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  return file.items.filter((item) => item.kind === "entry");
}

/** The entry of that name. Throws E1020 with the names that there are. */
export function entryNamed(source: Source, name: string): Entry {
  const entries = entriesOf(source);
  return entries.find((entry) => entry.name.text === name) ?? complain("E1020", `${source.name} has no entry \`${name}\``, helpFor(name, entries));
}

/** What `dlc train` runs: the entry that was asked for, or the only one that trains, or `step` among several. */
export function trainEntry(source: Source, asked: string | undefined): Entry {
  if (asked !== undefined) return entryNamed(source, asked);
  const trains = entriesOf(source).filter((entry) => entry.train);
  const found = trains.length === 1 ? trains[0] : trains.find((entry) => entry.name.text === "step");
  if (found !== undefined) return found;
  return trains.length === 0
    ? complain("E1020", `${source.name} has no \`train entry\``, "write one that minimizes a loss")
    : complain("E1020", `${source.name} has several train entries: ${namesOf(trains)}`, "say which with --entry");
}

/** The sizes of dims that stand alone in the types of an entry's inputs (`f32[N, 28]`), from tensors that are to be fed to them. */
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
    ? "it has none"
    : nearOr(
        name,
        entries.map((entry) => entry.name.text),
        "it has",
      );

const namesOf = (entries: readonly Entry[]): string => entries.map((entry) => entry.name.text).join(", ") || "none";

/** The path of a `.dl` file that is named by path or URL; null for the text of a model, which is never one line that ends so. */
export function pathOf(source: string | URL): string | null {
  const text = String(source);
  if (text.includes("\n") || !text.endsWith(".dl")) return null;
  return text.startsWith("file:") ? fileURLToPath(text) : text;
}
