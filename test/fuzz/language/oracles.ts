// The oracles of programs. Each returns null or a fault; an exception is a fault too.
import { readFileSync } from "node:fs";
import {
  compareGraphs,
  compareResults,
  compareStages,
  Evaluations,
  named,
  type Results,
} from "../../../compiler/trust/compare.ts";
import { compileProgram, entryOf, type CompiledModule } from "../../../compiler/compile.ts";
import { runTests } from "../../../compiler/inspect/run-tests.ts";
import { gathered } from "../../support/gathered.ts";
import { elaborate, type Elaborated } from "../../../compiler/frontend/program.ts";
import type { GraphData } from "../../../compiler/trust/error-bound.ts";
import type { Graph, Program } from "../../../compiler/graph/ir.ts";
import { printGraph } from "../../../compiler/graph/print.ts";
import { verify } from "../../../compiler/graph/verify.ts";
import { randomData } from "../../../compiler/trust/sample-data.ts";
import { present } from "../../../compiler/support/invariant.ts";
import { at } from "../../../compiler/support/lists.ts";
import { format } from "../../../dsl/format.ts";
import { renderDiagnostic } from "../../../dsl/render.ts";
import type { Source } from "../../../dsl/span.ts";
import { dtypes } from "../../../runtime/dtype.ts";
import { createSession, type Session } from "../../../runtime/session.ts";
import type { Draw } from "../draw.ts";
import { describeDifference } from "../subject.ts";
import { variants, type GeneratedProgram } from "./program.ts";
import { brokenRelation, relations } from "./relations.ts";

export interface ProgramOracle {
  readonly name: string;
  /** Checks one of `every` programs. */
  readonly every: number;
  readonly check: (program: GeneratedProgram, draw: Draw) => Promise<string | null> | string | null;
}

const loaded = new Map<string, Source>();

function library(path: string): Source {
  const source = loaded.get(path) ?? {
    name: path,
    text: readFileSync(new URL(`../../../dsl/${path}`, import.meta.url), "utf8"),
  };
  loaded.set(path, source);
  return source;
}

const resolverOf =
  (files: GeneratedProgram["files"]) =>
  (path: string): Source | null =>
    path.startsWith("std/") ? library(path) : files[path] === undefined ? null : { name: path, text: files[path] };

/** A name of the library: the programs also use its helpers, which other programs do not see. */
const programName = "std/program.dl";

export function elaborated(text: string, files: GeneratedProgram["files"], sets = variants): Elaborated {
  return elaborate({ name: programName, text }, { variants: sets, resolve: resolverOf(files) });
}

function accepted(text: string, files: GeneratedProgram["files"], sets = variants): Program | string {
  const { program, diagnostics } = elaborated(text, files, sets);
  return program ?? diagnostics.map((d) => renderDiagnostic(d, { color: false })).join("\n");
}

/** All graphs of a program, without source locations. */
const graphText = ({ entries, persistent }: Program): string =>
  [
    ...entries.map(({ graph }) => printGraph(graph, { spans: false })),
    ...persistent.map(({ path, type, kind }) => `${kind} ${path} ${type.dtype}[${type.shape.join()}]`),
  ].join("\n");

/** Null if the second text elaborates to the same graphs as the first. */
function sameMeaning(description: string, { text, files }: GeneratedProgram, other: string): string | null {
  const [a, b] = [accepted(text, files), accepted(other, files)];
  if (typeof a === "string") return `rejected: ${a}`;
  if (typeof b === "string") return `${description} is rejected: ${b}`;
  return graphText(a) === graphText(b) ? null : `${description} has another graph`;
}

/** The index of the set of dims that a graph was elaborated for; 0 if it uses no dims. */
const setOf = (dims: Readonly<Record<string, number>>): number =>
  variants.findIndex((set) => Object.entries(dims).every(([name, size]) => set[name] === size));

function types({ text, files, expected }: GeneratedProgram): string | null {
  const program = accepted(text, files);
  if (typeof program === "string") return `rejected: ${program}`;
  for (const { graph } of program.entries) verify(graph);
  for (const { entry, output, dtype, dims } of expected)
    for (const made of program.entries.filter(({ graph }) => graph.name === entry)) {
      const type = made.graph.outputs.find(({ name }) => name === output)?.value.type;
      const wanted = `${dtype}[${dims.map((sizes) => sizes[setOf(made.dims)]).join(", ")}]`;
      const got = type === undefined ? "missing" : `${type.dtype}[${type.shape.join(", ")}]`;
      if (got !== wanted) return `types: ${entry}.${output} is ${got}, not ${wanted}`;
    }
  return null;
}

function formatted(program: GeneratedProgram): string | null {
  const source = { name: programName, text: program.text };
  const once = format(source).text;
  if (once === null) return "formatter: the program has syntax errors";
  const twice = format({ ...source, text: once }).text;
  if (twice !== once) return "formatter: formatting again changes the text";
  return sameMeaning("the formatted text", program, once);
}

const renamed = (text: string): string =>
  text.replaceAll(/\bv(\d+)\b/g, "other_$1").replaceAll(/\b([ABHK])(\d+)\b/g, "Size$1$2");

function setOfEntry(program: GeneratedProgram, draw: Draw): Program | string {
  return accepted(program.text, program.files, [present(variants[draw.below(variants.length)], "a set of dims")]);
}

function runEntry(session: Session, graph: Graph, inputs: ReadonlyMap<string, Float64Array>): Results {
  const outputs = session.run(
    graph.name,
    Object.fromEntries(
      graph.inputs.map(({ node, type }) => [
        String(node.attrs["name"]),
        new dtypes[type.dtype].array(present(inputs.get(String(node.attrs["name"])), "data")),
      ]),
    ),
  );
  return named({
    outputs: new Map(Object.entries(outputs).map(([name, { data }]) => [name, Float64Array.from(data)])),
    writes: new Map(
      graph.writes.map(({ path }) => [path, Float64Array.from(present(session.state.get(path), path).data)]),
    ),
  });
}

/** Inputs for an entry, with the current params and state of the session. */
function dataOf(session: Session, graph: Graph, seed: number): GraphData {
  const persistent = new Map([...session.state].map(([path, { data }]) => [path, Float64Array.from(data)]));
  return { inputs: randomData(graph, seed).inputs, persistent };
}

/** The sequence of calls: every entry once, `learn` again, then the others again. */
const order = (program: Program): string[] => {
  const names = program.entries.map(({ graph }) => graph.name).filter((name) => name !== "init");
  return [...names, ...names.filter((name) => name === "learn"), ...names.filter((name) => name !== "learn")];
};

interface RunOptions {
  readonly relaxed: boolean;
  /** Compares every stage. */
  readonly thorough: boolean;
}

/**
 * Compares every call with the reference. The reference starts from the session's state, so that calls are compared
 * independently.
 */
async function run(
  program: Program,
  module: CompiledModule,
  session: Session,
  seed: number,
  { relaxed, thorough }: RunOptions,
): Promise<string | null> {
  const settled = new Set<string>();
  const elaborated = (name: string): Graph => at(entryOf(module, name).stages, 0).graph;
  const compared = (name: string, data: GraphData, results: Results): string | null => {
    const known = new Evaluations(data);
    const { stages, graph: last } = entryOf(module, name);
    const first = elaborated(name);
    // Mostly only the first and the last stage are compared, and all stages only if these differ.
    if (!settled.has(name) && (thorough || compareGraphs(first, last, false, data, known) !== null)) {
      const broken = compareStages(
        stages.map(({ name: stage, graph, pass }) => ({ name: stage, graph, exact: pass?.exact ?? true })),
        data,
        known,
      );
      if (broken !== null) return `${name}, ${describeDifference(broken.stage, broken.difference) ?? ""}`;
    }
    settled.add(name);
    const found = describeDifference("the code", compareResults(last, results, data, { relaxed, known }));
    return found === null ? null : `${name}, ${found}`;
  };
  const init = elaborated("init");
  const zeros = new Map(
    program.persistent.map(({ path, type }) => [path, new Float64Array(type.shape.reduce((a, b) => a * b, 1))]),
  );
  zeros.get("rng.seed")?.set([seed | 0, 0]);
  session.reset(seed);
  const made = new Map(
    init.writes.map(({ path }) => [`write ${path}`, Float64Array.from(present(session.state.get(path), path).data)]),
  );
  const first = compared("init", { inputs: new Map(), persistent: zeros }, made);
  if (first !== null) return first;
  for (const [index, name] of order(program).entries()) {
    const graph = elaborated(name);
    const data = dataOf(session, graph, seed + index);
    const results = runEntry(session, graph, data.inputs);
    const found = compared(name, data, results);
    if (found !== null) return found;
  }
  return null;
}

async function executed(generated: GeneratedProgram, draw: Draw, mode: "strict" | "fast"): Promise<string | null> {
  const program = setOfEntry(generated, draw);
  if (typeof program === "string") return `rejected: ${program}`;
  const module = compileProgram(program, { mode, verify: draw.below(8) === 0 });
  const session = await createSession(module.plan, await module.code("wasm"), { mode, checks: false });
  return run(program, module, session, generated.seed & 0xffff, {
    relaxed: mode === "fast",
    thorough: draw.below(4) === 0,
  });
}

/** WebAssembly and JavaScript return and store the same bits. */
async function targets(generated: GeneratedProgram, draw: Draw): Promise<string | null> {
  const program = setOfEntry(generated, draw);
  if (typeof program === "string") return `rejected: ${program}`;
  const module = compileProgram(program, { mode: "strict" });
  const [wasm, js] = [
    await createSession(module.plan, await module.code("wasm"), { mode: "strict", checks: false }),
    await createSession(module.plan, await module.code("js"), { checks: false }),
  ];
  for (const session of [wasm, js]) session.reset(generated.seed & 0xffff);
  for (const [index, name] of order(program).entries()) {
    const graph = present(
      program.entries.find((entry) => entry.graph.name === name),
      name,
    ).graph;
    const { inputs } = randomData(graph, generated.seed + index);
    const [a, b] = [runEntry(wasm, graph, inputs), runEntry(js, graph, inputs)];
    for (const [result, values] of a) {
      const at = Array.from(values).findIndex((x, i) => !Object.is(x, b.get(result)?.[i]));
      if (at >= 0) return `JavaScript: ${name}, ${result}[${at}] is ${b.get(result)?.[at]}, not ${values[at]}`;
    }
  }
  return null;
}

/** The same said in other ways. */
function related({ seed, text, files }: GeneratedProgram, draw: Draw): string | null {
  const [set] = variants;
  const sets = [present(set, "a set of dims")];
  for (const relation of relations) {
    const other = relation.other(text);
    if (other === null) continue;
    const [a, b] = [accepted(text, files, sets), accepted(other, files, sets)];
    if (typeof a === "string") return `rejected: ${a}`;
    if (typeof b === "string") return `${relation.name}, rejected: ${b}`;
    const found = brokenRelation(relation, a, b, seed + draw.below(100));
    if (found !== null) return found;
  }
  return null;
}

/** The tests of the program, which hold for all random choices. */
async function assertions({ text, files }: GeneratedProgram): Promise<string | null> {
  if (!text.includes('test "')) return null;
  const options = { resolve: resolverOf(files), dims: variants[0] ?? {} };
  const results = await gathered(runTests({ name: programName, text }, options, ["reference", "wasm"]));
  const failed = results.find(({ failures }) => failures.length > 0);
  return failed === undefined ? null : `the test ${failed.title} fails`;
}

export const programOracles: readonly ProgramOracle[] = [
  { name: "types", every: 1, check: types },
  { name: "format", every: 2, check: formatted },
  { name: "again", every: 8, check: (program) => sameMeaning("the same text", program, program.text) },
  {
    name: "rename",
    every: 4,
    check: (program) => sameMeaning("the text with other names", program, renamed(program.text)),
  },
  { name: "wasm", every: 2, check: (program, draw) => executed(program, draw, "strict") },
  { name: "relaxed", every: 16, check: (program, draw) => executed(program, draw, "fast") },
  { name: "relations", every: 3, check: related },
  { name: "tests", every: 4, check: assertions },
  { name: "js", every: 24, check: targets },
];
