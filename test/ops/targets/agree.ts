// Checks that the targets agree with each other and with the reference, element by element.
import { expect } from "vitest";
import { evaluateWithBounds } from "../../../compiler/trust/error-bound.ts";
import type { Graph } from "../../../compiler/graph/ir.ts";
import { present } from "../../../compiler/support/invariant.ts";
import { type Data, type Results, reference, run, type Targets } from "./run.ts";

interface Wanted {
  /** The f32 reference. */
  readonly f32: number;
  /** The value in f64, and the error bound of any evaluation in f32. */
  readonly f64: number;
  readonly error: number;
}

/** Whether a value is acceptable: equal to the f32 reference, or for inexact ops within the error bound. */
const isAcceptable = (got: number, { f32, f64, error }: Wanted, exact: boolean): boolean => {
  if (Object.is(got + 0, f32 + 0)) return true;
  return (
    !exact && Number.isFinite(f32) && (error === Infinity || (Number.isFinite(got) && Math.abs(got - f64) <= error))
  );
};

/** Describes the first difference of an output; null if there is none. */
function difference(got: Float64Array, wanted: readonly Wanted[], exact: boolean): string | null {
  if (got.length !== wanted.length) return `${got.length} elements instead of ${wanted.length}`;
  const at = wanted.findIndex((item, i) => !isAcceptable(got[i] ?? Number.NaN, item, exact));
  return at === -1 ? null : `[${at}]: ${got[at]} is not ${wanted[at]?.f32} (± ${exact ? 0 : wanted[at]?.error})`;
}

/** Runs a graph of exact or inexact ops on every target. `describe` returns the description of an output. */
export function expectAgreement(
  targets: Targets,
  graph: Graph,
  data: Data,
  exact: boolean,
  describe: (output: string) => string,
): void {
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
      if (different !== null) expect.fail(`${describe(name)} on ${target}${different}`);
    }
    // All NaNs are equal: payloads may differ.
    expect(results.js.get(name), describe(name)).toEqual(results.strict.get(name));
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
      return [
        name,
        Array.from(value.data, (x, i) => ({ f32: rounded[i] ?? Number.NaN, f64: x, error: error[i] ?? 0 })),
      ] as const;
    }),
  );
}
