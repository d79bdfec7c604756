// Whether the targets agree with each other and with the reference, element by element.
import { expect } from "vitest";
import { evaluateWithBounds } from "../../../compiler/trust/error-bound.ts";
import type { Graph } from "../../../compiler/graph/ir.ts";
import { present } from "../../../compiler/support/invariant.ts";
import { type Data, type Results, reference, run, type Targets } from "./run.ts";

interface Wanted {
  /** The f32 reference. */
  readonly f32: number;
  /** The value in f64, and how far any evaluation in f32 may be from it. */
  readonly f64: number;
  readonly error: number;
}

/** NaN where NaN is wanted, the same infinity where one is wanted, and otherwise the value within its bound: none for what is exact. */
const near = (got: number, { f32, f64, error }: Wanted, exact: boolean): boolean => {
  if (Object.is(got + 0, f32 + 0)) return true;
  return !exact && Number.isFinite(f32) && (error === Infinity || (Number.isFinite(got) && Math.abs(got - f64) <= error));
};

/** What differs of one output, in words; null where all is well. */
function difference(got: Float64Array, wanted: readonly Wanted[], exact: boolean): string | null {
  if (got.length !== wanted.length) return `${got.length} elements instead of ${wanted.length}`;
  const at = wanted.findIndex((item, i) => !near(got[i] ?? Number.NaN, item, exact));
  return at === -1 ? null : `[${at}]: ${got[at]} is not ${wanted[at]?.f32} (± ${exact ? 0 : wanted[at]?.error})`;
}

/** Runs a graph of exact or of rounding ops on every target. `says` names an output. */
export function expectAgreement(targets: Targets, graph: Graph, data: Data, exact: boolean, says: (output: string) => string): void {
  const wanted = wantedOf(graph, data);
  const results = {
    reference: reference(graph, data, "f32"),
    strict: run(targets.strict, graph, data),
    fast: run(targets.fast, graph, data),
    js: run(targets.js, graph, data),
  };
  for (const [name, items] of wanted) {
    for (const [target, got] of Object.entries(results)) {
      const different = difference(present(got.get(name), name), items, exact);
      if (different !== null) expect.fail(`${says(name)} on ${target}${different}`);
    }
    // NaN is one value: its payload is nobody's business.
    expect(results.js.get(name), says(name)).toEqual(results.strict.get(name));
  }
  expect([...results.strict.keys()]).toEqual([...wanted.keys()]);
}

function wantedOf(graph: Graph, data: Data): ReadonlyMap<string, readonly Wanted[]> {
  const f32: Results = reference(graph, data, "f32");
  const { outputs, writes } = evaluateWithBounds(graph, { inputs: data, persistent: data });
  const bounded = new Map([...outputs, ...Array.from(writes, ([path, value]) => [`write ${path}`, value] as const)]);
  return new Map(
    Array.from(bounded, ([name, { value, error }]) => {
      const rounded = present(f32.get(name), name);
      return [name, Array.from(value.data, (x, i) => ({ f32: rounded[i] ?? Number.NaN, f64: x, error: error[i] ?? 0 }))] as const;
    }),
  );
}
