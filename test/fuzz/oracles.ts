// The oracles of graphs. Each returns null or a fault; an exception is a fault too.
import { compareGraphs, type Results } from "../../compiler/trust/compare.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { printGraph } from "../../compiler/graph/print.ts";
import { verifyKernel } from "../../compiler/kernel/verify.ts";
import { ops } from "../../compiler/ops/table.ts";
import { checkNeeds, isLate, runPasses } from "../../compiler/passes/driver.ts";
import type { Pass } from "../../compiler/passes/pass.ts";
import { pipeline, requiredPasses } from "../../compiler/pipeline.ts";
import { randomData } from "../../compiler/trust/sample-data.ts";
import { InvariantError } from "../../compiler/support/invariant.ts";
import { wrongDerivative } from "./derivatives.ts";
import { wrongIndexCheck } from "./indices.ts";
import type { Draw } from "./draw.ts";
import { call, compiled, disagreement, sessionOf, describeDifference, type Build, type Subject } from "./subject.ts";

export interface Oracle {
  readonly name: string;
  /** Checks one of `every` graphs. */
  readonly every: number;
  /** Whether it runs compiled code, which does not support f64. */
  readonly compiles: boolean;
  readonly check: (subject: Subject, draw: Draw) => Promise<string | null> | string | null;
}

const distinct: readonly Pass[] = [...new Set<Pass>(pipeline)];
const optional = distinct.filter((pass) => !requiredPasses.has(pass.name));
/** The passes that only matter for code generation. */
const forCode = distinct.filter((pass) => isLate(pass) || pass.provides.includes("chosen"));
const namesOf = (passes: readonly Pass[]): string[] => [...new Set(passes.map(({ name }) => name))];

/** Compiles with these options, and compares all stages and the results of the code. */
async function built(subject: Subject, options: Build): Promise<string | null> {
  const module = compiled(subject, options);
  return disagreement(subject, module, call(await sessionOf(module), subject, subject.data));
}

const without = (subject: Subject, passes: readonly Pass[]): Promise<string | null> =>
  built(subject, { without: namesOf(passes) });

/** Null if the bits are equal, except for NaN payloads. */
function different(description: string, a: Results, b: Results): string | null {
  for (const [name, values] of a) {
    const others = b.get(name);
    const index = Array.from(values).findIndex((x, i) => !Object.is(x, others?.[i]));
    if (index >= 0) return `${description}: ${name}[${index}] is ${others?.[index]}, not ${values[index]}`;
  }
  return null;
}

export const oracles: readonly Oracle[] = [
  {
    name: "wasm",
    every: 1,
    compiles: true,
    check: async (subject, draw) => {
      const module = compiled(subject, { verify: draw.below(4) === 0 });
      const session = await sessionOf(module);
      // Sometimes a call with other weights first: its weights stage must not affect the next call.
      if (draw.below(4) === 0)
        call(
          session,
          subject,
          randomData(subject.graph, subject.seed + 1, subject.kind === "special" ? "special" : "signed"),
        );
      const results = call(session, subject, subject.data);
      const found = disagreement(subject, module, results);
      if (found !== null || subject.graph.writes.length > 0) return found;
      // Nothing changed: the results of the weights stage must still be valid.
      return different(
        "a call without the weights stage",
        results,
        call(session, subject, subject.data, { keep: true }),
      );
    },
  },
  {
    name: "graph",
    every: 1,
    compiles: false,
    check: (subject, draw) => {
      if (subject.compiles && draw.below(8) !== 0) return null;
      const text = printGraph(subject.graph);
      const parsed = parseGraph(text, ops);
      if (printGraph(parsed) !== text) return "the text of the graph parses to a different graph";
      return describeDifference("the parsed graph", compareGraphs(subject.graph, parsed, true, subject.data));
    },
  },
  {
    name: "every-stage",
    every: 32,
    compiles: false,
    check: (subject, draw) => {
      let found: string | null = null;
      const print = draw.below(4) === 0;
      const passes = pipeline.filter(
        (pass: Pass) => (pass.exact || subject.kind === "plain") && (subject.compiles || !forCode.includes(pass)),
      );
      runPasses(subject.graph, passes, {
        verify: true,
        onStage: (pass, before, after) => {
          found ??= describeDifference(pass.name, compareGraphs(before, after, pass.exact, subject.data));
          if (print && printGraph(parseGraph(printGraph(after), ops)) !== printGraph(after))
            found ??= `${pass.name}: its graph does not parse back`;
        },
      });
      return found;
    },
  },
  { name: "all-off", every: 16, compiles: true, check: (subject) => without(subject, optional) },
  {
    name: "one-on",
    every: 32,
    compiles: true,
    check: (subject, draw) => {
      const kept = draw.pick(optional);
      return without(
        subject,
        optional.filter((pass) => pass !== kept),
      );
    },
  },
  { name: "one-off", every: 32, compiles: true, check: (subject, draw) => without(subject, [draw.pick(optional)]) },
  {
    name: "order",
    every: 32,
    compiles: true,
    check: (subject, draw) => built(subject, { passes: legalOrder(draw), verify: true }),
  },
  {
    name: "frozen",
    every: 32,
    compiles: true,
    check: (subject) =>
      subject.graph.writes.length > 0 || subject.kind === "special"
        ? null
        : built(subject, { frozen: subject.data.persistent, verify: true }),
  },
  {
    name: "js",
    every: 32,
    compiles: true,
    check: async (subject) => {
      const module = compiled(subject);
      const [wasm, js] = [await sessionOf(module, "wasm"), await sessionOf(module, "js")].map((session) =>
        call(session, subject, subject.data),
      );
      return wasm === undefined || js === undefined ? "no results" : different("JavaScript", wasm, js);
    },
  },
  {
    name: "relaxed",
    every: 16,
    compiles: true,
    check: async (subject) => {
      const module = compiled(subject, { mode: "fast" });
      if (subject.kind === "special") return null;
      return disagreement(subject, module, call(await sessionOf(module, "wasm", "fast"), subject, subject.data), true);
    },
  },
  {
    name: "guards",
    every: 8,
    compiles: true,
    check: async (subject, draw) => {
      const target = draw.below(8) === 0 ? "js" : "wasm";
      const [plain, guarded] = [compiled(subject), compiled(subject, { guards: true, target })];
      const wanted = call(await sessionOf(plain), subject, subject.data);
      return different("with memory guards", wanted, call(await sessionOf(guarded, target), subject, subject.data));
    },
  },
  {
    name: "twice",
    every: 32,
    compiles: true,
    check: (subject) => {
      const [a, b] = [compiled(subject), compiled(subject)];
      if (JSON.stringify(a.plan) !== JSON.stringify(b.plan)) return "two plans of one graph differ";
      if (a.js().text !== b.js().text) return "two texts of one graph differ";
      const [x, y] = [a.wasm("strict").bytes, b.wasm("strict").bytes];
      return x.length === y.length && x.every((byte, i) => byte === y[i]) ? null : "two modules of one graph differ";
    },
  },
  {
    name: "again",
    every: 32,
    compiles: true,
    check: async (subject) => {
      const session = await sessionOf(compiled(subject));
      const [first, second] = [call(session, subject, subject.data), call(session, subject, subject.data)];
      return different("a second call", first, second);
    },
  },
  {
    name: "kernels",
    every: 32,
    compiles: true,
    check: (subject) => {
      for (const kernel of compiled(subject).assembly.kernels) verifyKernel(kernel);
      return null;
    },
  },
  { name: "indices", every: 8, compiles: true, check: wrongIndexCheck },
  { name: "derivative", every: 1, compiles: false, check: wrongDerivative },
];

/**
 * The passes in another order, with repetitions and omissions. Splitting, fusing and planning stay at the end: no other
 * pass may change a grouped graph.
 */
function legalOrder(draw: Draw): readonly Pass[] {
  const last = distinct.filter(isLate);
  const needed = distinct.filter((pass) => requiredPasses.has(pass.name) && !isLate(pass));
  const free = optional.filter(({ name }) => name !== "freeze");
  for (;;) {
    const middle = draw.shuffle([
      ...needed,
      ...[...free, ...free.filter(() => draw.below(2) === 0)].filter(() => draw.below(5) > 0),
    ]);
    const order = [...middle, ...last];
    try {
      checkNeeds(order);
      return order;
    } catch (error) {
      if (!(error instanceof InvariantError)) throw error;
    }
  }
}
