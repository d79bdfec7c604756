import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { renderDiagnostic } from "../../dsl/render.ts";
import type { Source } from "../../dsl/span.ts";
import { elaborate, type Elaborated } from "../../compiler/frontend/program.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import type { Graph, Program } from "../../compiler/graph/ir.ts";
import { verify } from "../../compiler/graph/verify.ts";
import { present } from "../../compiler/support/invariant.ts";

const loaded = new Map<string, Source>();

export function library(path: string): Source {
  const source = loaded.get(path) ?? {
    name: path,
    text: readFileSync(new URL(`../../dsl/${path}`, import.meta.url), "utf8"),
  };
  loaded.set(path, source);
  return source;
}

export type Files = Readonly<Record<string, string>>;
export type Dims = Readonly<Record<string, number>>;

/** Elaborates a program in memory; other files are found by the path that imports them. */
export function elaborateText(
  program: string | Source,
  variants: readonly Dims[] = [{}],
  files: Files = {},
  entries?: readonly string[],
  taps?: Readonly<Record<string, readonly string[]>>,
): Elaborated {
  return elaborate(typeof program === "string" ? { name: "test.dl", text: program } : program, {
    variants,
    ...(entries === undefined ? {} : { entries }),
    ...(taps === undefined ? {} : { taps }),
    resolve: (path) =>
      path.startsWith("std/") ? library(path) : files[path] === undefined ? null : { name: path, text: files[path] },
  });
}

export const rendered = (result: Elaborated): string =>
  result.diagnostics.map((d) => renderDiagnostic(d, { color: false })).join("\n");

export function programOf(text: string | Source, variants: readonly Dims[] = [{}], files: Files = {}): Program {
  const result = elaborateText(text, variants, files);
  expect(rendered(result)).toBe("");
  const program = present(result.program, "no program");
  for (const { graph } of program.entries) verify(graph);
  return program;
}

export const graphOf = (program: Program, entry: string): Graph =>
  present(
    program.entries.find((e) => e.graph.name === entry),
    entry,
  ).graph;

/** Runs a program in the reference interpreter; params and state are kept between calls. */
export class Runner {
  readonly program: Program;
  readonly persistent = new Map<string, Float64Array>();

  constructor(program: Program, seed: readonly [number, number] = [1, 2]) {
    this.program = program;
    this.persistent.set("rng.seed", Float64Array.from(seed));
    this.call("init");
  }

  call(entry: string, inputs: Readonly<Record<string, readonly number[]>> = {}): Record<string, number[]> {
    const values = new Map(Object.entries(inputs).map(([name, data]) => [name, Float64Array.from(data)]));
    const { outputs, writes } = evaluate(graphOf(this.program, entry), {
      inputs: values,
      persistent: this.persistent,
      precision: "f32",
    });
    for (const [path, { data }] of writes) this.persistent.set(path, data);
    return Object.fromEntries([...outputs].map(([name, { data }]) => [name, [...data]]));
  }

  state(path: string): number[] {
    return [
      ...present(
        this.persistent.get(path),
        `unknown path ${path}; known paths: ${[...this.persistent.keys()].join(" ")}`,
      ),
    ];
  }
}

export const run = (text: string, variants: readonly Dims[] = [{}], files: Files = {}): Runner =>
  new Runner(programOf(text, variants, files));
