import { readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { checkSource } from "../../compiler/inspect/check.ts";
import { parse } from "../../dsl/parse.ts";
import type { Source } from "../../dsl/span.ts";
import { errorCase } from "../support/inline-diagnostics.ts";
import { mutated, randomFrom } from "./mutate.ts";

/** The worker's input; it posts an `Outcome` for each source. */
export interface Task {
  readonly seed: number;
  readonly first: number;
  readonly count: number;
  /** Paths of the programs to mutate. */
  readonly programs: readonly string[];
  readonly root: string;
}

export interface Outcome {
  readonly index: number;
  readonly milliseconds: number;
  /** The stack of an exception that is not a diagnostic; null if none was thrown. */
  readonly thrown: string | null;
  readonly syntax: boolean;
  readonly codes: readonly string[];
}

const library = new Map<string, Source>();

function resolve(root: string, path: string): Source | null {
  if (!path.startsWith("std/")) return null;
  const known = library.get(path);
  if (known) return known;
  const source = { name: path, text: readFileSync(`${root}dsl/${path}`, "utf8") };
  library.set(path, source);
  return source;
}

/** A program to mutate, without the inline diagnostics of a golden. */
export const programText = (path: string): string => errorCase(path, readFileSync(path, "utf8")).source.text;

/** Source number `index` of a campaign; depends only on the arguments. */
export function sourceAt(seed: number, index: number, texts: readonly string[]): string {
  return mutated(texts, randomFrom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)));
}

function tried(text: string, root: string, index: number): Outcome {
  const before = process.threadCpuUsage();
  const result = { thrown: null as string | null, syntax: false, codes: [] as readonly string[] };
  try {
    const source = { name: "t.dl", text };
    result.syntax = parse(source).diagnostics.length > 0;
    result.codes = checkSource(source, { dims: {}, resolve: (path) => resolve(root, path) }).map((d) => d.code);
  } catch (error) {
    result.thrown = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const used = process.threadCpuUsage(before);
  return { index, milliseconds: (used.user + used.system) / 1000, ...result };
}

if (parentPort) {
  const { seed, first, count, programs, root } = workerData as Task;
  const texts = programs.map(programText);
  for (let index = first; index < count; index++)
    parentPort.postMessage(tried(sourceAt(seed, index, texts), root, index));
}
