// Programs that say the same in another way compute the same bits, before any pass.
import { evaluate } from "../../../compiler/graph/evaluate.ts";
import { pathOf } from "../../../compiler/graph/facts.ts";
import type { Graph, Program } from "../../../compiler/graph/ir.ts";
import { randomData } from "../../../compiler/trust/sample-data.ts";

/** What a program says, and how else it can say it. */
export interface Relation {
  readonly name: string;
  /** The other text; null if the program says nothing of the kind. */
  readonly other: (text: string) => string | null;
  /** Entries of the other program that compute the same, instead of each entry of the first one. */
  readonly pairs?: Readonly<Record<string, string>>;
}

const changed = (text: string, pattern: RegExp, to: (...groups: string[]) => string): string | null => {
  const other = text.replaceAll(pattern, (_, ...groups: string[]) => to(...groups));
  return other === text ? null : other;
};

/** The text of the plain entry `predict`. */
const plainEntry = /^entry predict\([^]*?^\}\n/m;

/** The text of the train entry `learn`. */
const trainEntry = /^train entry learn\([^]*?^\}\n/m;

/** Changes the applications of the model in `predict`, if `learn` applies it, too, so that its params are known. */
function inPlainEntry(text: string, to: (model: string, args: string) => string): string | null {
  if (!/^ {2}let \w+ = .*Mown\d+\(/m.test(trainEntry.exec(text)?.[0] ?? "")) return null;
  const other = text.replace(plainEntry, (entry) =>
    entry.replaceAll(
      /^( {2}let \w+ = )(Mown\d+)\(([\w, ]*)\)$/gm,
      (_, start: string, model: string, args: string) => `${start}${to(model, args)}`,
    ),
  );
  return other === text ? null : other;
}

const step = /^( *)minimize (.+?) over (\[[^\]]*\]|\w+)((?: every \d+)?(?: when .*?)?) with (.*)$/gm;

export const relations: readonly Relation[] = [
  {
    name: "minimize is an update with the gradient",
    // `freeze` leaves params without a gradient, which `update` wants; a second step has a loss of its own.
    other: (text) =>
      text.includes("freeze") || /^( *minimize .*)\n\1$/m.test(text)
        ? null
        : changed(
            text,
            step,
            (indent = "", loss = "", over = "", calls = "", chain = "") =>
              `${indent}update ${over}${calls} with grad(${loss}, params(${over})) |> ${chain}`,
          ),
  },
  {
    name: "every call is every 1",
    other: (text) =>
      changed(
        text,
        /^( *minimize .+? over (?:\[[^\]]*\]|\w+)(?:, only: (?:\[[^\]]*\]|"[^"]*"))?)( when| with)/gm,
        (head = "", next = "") => `${head} every 1${next}`,
      ),
  },
  {
    name: "a model at its own params is the model",
    other: (text) => inPlainEntry(text, (model, args) => `at(${model}, params(${model}))(${args})`),
  },
  {
    name: "eval changes nothing in a plain entry",
    other: (text) => inPlainEntry(text, (model, args) => `eval { ${model}(${args}) }`),
  },
  {
    name: "eval in a train entry is a plain entry",
    other: (text) => {
      const [entry = ""] = plainEntry.exec(text) ?? [];
      const [, params = ""] = /^entry predict\((.*)\) \{$/m.exec(entry) ?? [];
      const [, call = ""] = /^ {2}let \w+ = (Mown\d+\((?:x\d+(?:, )?)*\))$/m.exec(entry) ?? [];
      if (call === "") return null;
      return `${text}\nentry evaluated(${params}) { { y: ${call} } }\n\ntrain entry training(${params}) { { y: eval { ${call} } } }\n`;
    },
    pairs: { evaluated: "training" },
  },
];

const draws = ({ nodes }: Graph): boolean => nodes.some((node) => pathOf(node)?.startsWith("rng.") ?? false);

/** The first difference between the values of two entries on the same data; null if there is none. */
function differing(a: Graph, b: Graph, seed: number): string | null {
  const [own, other] = [randomData(a, seed), randomData(b, seed)];
  const data = {
    precision: "f32" as const,
    inputs: new Map([...other.inputs, ...own.inputs]),
    persistent: new Map([...other.persistent, ...own.persistent]),
  };
  const [first, second] = [evaluate(a, data), evaluate(b, data)];
  for (const [kind, values, others] of [
    ["output", first.outputs, second.outputs],
    ["write", first.writes, second.writes],
  ] as const)
    for (const [name, { data: wanted }] of values) {
      const found = others.get(name)?.data;
      if (found === undefined) return `the ${kind} ${name} is missing`;
      const at = Array.from(wanted).findIndex((x, i) => !Object.is(x, found[i]));
      if (at >= 0) return `the ${kind} ${name}[${at}] is ${found[at]}, not ${wanted[at]}`;
    }
  return null;
}

/** Null if the entries of the other program compute the same. */
export function brokenRelation({ name, pairs }: Relation, a: Program, b: Program, seed: number): string | null {
  const of = (program: Program, entry: string): Graph | undefined =>
    program.entries.find(({ graph }) => graph.name === entry)?.graph;
  const pairsOf =
    pairs === undefined ? a.entries.map(({ graph }) => [graph.name, graph.name] as const) : Object.entries(pairs);
  for (const [from, to] of pairsOf) {
    const [first, second] = [of(pairs === undefined ? a : b, from), of(b, to)];
    if (first === undefined || second === undefined) return `${name}: the entry ${to} is missing`;
    // The random numbers of a plain entry are those of its first call, those of a train entry of the present one.
    if (pairs !== undefined && draws(first)) continue;
    // Initial values depend on the order in which the program first needs them.
    if (from === "init") continue;
    const found = differing(first, second, seed);
    if (found !== null) return `${name}: ${to}, ${found}`;
  }
  return null;
}
