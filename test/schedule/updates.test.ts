// Updates at run-time indices are in place where the tensor that they update is not needed any more, and then touch
// only what they write. Counted in the plan: the bytes that steps move.
import { expect, test } from "vitest";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import { groupsOf, overwrittenBy } from "../../compiler/graph/groups.ts";
import type { Graph, Value } from "../../compiler/graph/ir.ts";
import { ops } from "../../compiler/ops/table.ts";
import { lowerGroups } from "../../compiler/schedule/lower.ts";
import { present } from "../../compiler/support/invariant.ts";
import { elements, type Shape, tensor } from "../../compiler/types/tensor-type.ts";
import { planned, runLowered } from "./run-lowered.ts";

const height = 64;
const f32 = (...shape: Shape) => tensor("f32", shape);
const i32 = (...shape: Shape) => tensor("i32", shape);

interface Use {
  readonly g: GraphBuilder;
  /** The state `kv`, [rows, 4]. */
  readonly state: Value;
  readonly rows: Value;
  readonly ids: Value;
}

const put = (g: GraphBuilder, x: Value, y: Value, ids: Value): Value => g.call("take_put", [x, y, ids], { axis: 0 });

/** A tensor like the state that is computed in each call. */
const fromCall = ({ g, state, rows }: Use): Value =>
  g.add(state, g.broadcast(g.sum(rows, [0, 1]), state.type.shape, []));

/** Each writes the state or returns outputs; with the number of updates that are in place, of all updates. */
const cases: Readonly<Record<string, readonly [make: (use: Use) => void, inPlace: number, of: number]>> = {
  "a state": [({ g, state, rows, ids }) => g.write("kv", put(g, state, rows, ids)), 1, 1],
  "a state, with rows made from it": [
    ({ g, state, rows, ids }) =>
      g.write("kv", put(g, state, g.add(rows, g.call("take", [state, ids], { axis: 0 })), ids)),
    1,
    1,
  ],
  "a state, twice": [
    ({ g, state, rows, ids }) => g.write("kv", put(g, put(g, state, rows, ids), g.mul(rows, 2), g.sub(ids, 1))),
    2,
    2,
  ],
  "a state that an output reads": [
    ({ g, state, rows, ids }) => {
      const next = put(g, state, rows, ids);
      g.write("kv", next);
      g.output("sum", g.sum(next, [0, 1]));
    },
    1,
    1,
  ],
  "not a state whose old value is read later": [
    ({ g, state, rows, ids }) => {
      const next = put(g, state, rows, ids);
      g.write("kv", next);
      g.output("old", g.mul(state, g.broadcast(g.sum(next, [0, 1]), state.type.shape, [])));
    },
    0,
    1,
  ],
  "a value in scratch": [
    ({ g, state, rows, ids }) => g.output("y", put(g, fromCall({ g, state, rows, ids }), rows, ids)),
    1,
    1,
  ],
  "a decayed state": [({ g, state, rows, ids }) => g.write("kv", put(g, g.mul(state, 0.5), rows, ids)), 1, 1],
  "not a param that stays": [({ g, state, rows, ids }) => g.output("y", put(g, state, rows, ids)), 0, 1],
  "a slice of a state": [
    ({ g, state, rows, ids }) => {
      const at = g.reshape(g.call("slice", [ids], { start: [0], limit: [1], stride: [1] }), []);
      g.write("kv", g.call("dynamic_update_slice", [state, rows, at], { axis: 0 }));
    },
    1,
    1,
  ],
};

function graphOf(make: (use: Use) => void, count = height): Graph {
  const g = new GraphBuilder("update", ops);
  const [rows, ids] = [g.input("rows", f32(3, 4)), g.input("ids", i32(3))];
  make({ g, state: g.state("kv", f32(count, 4)), rows, ids });
  return g.build();
}

for (const [name, [make, inPlace, of]] of Object.entries(cases))
  test(`an update of ${name} is planned as it should, and computes the values of the reference`, () => {
    const graph = graphOf(make);
    const plan = planned(graph);
    const updates = groupsOf(plan).filter(
      ({ anchor }) => anchor?.op.name.includes("put") || anchor?.op.name.includes("update"),
    );
    expect(updates.length).toBe(of);
    expect(updates.filter((update) => overwrittenBy(update) !== null).length).toBe(inPlace);

    const data = (count: number): Float64Array => Float64Array.from({ length: count }, (_, i) => (i % 13) / 4 - 1);
    const inputs = new Map([
      ["rows", data(12)],
      ["ids", Float64Array.of(5, 9, 5)],
    ]);
    const persistent = new Map([["kv", data(height * 4)]]);
    const expected = evaluate(graph, { inputs, persistent, precision: "f32" });
    const got = runLowered(plan, inputs, persistent);
    for (const [path, { data: values }] of expected.writes) expect(got.persistent.get(path)).toEqual(values);
    for (const [key, { data: values }] of expected.outputs) expect(got.outputs.get(key)).toEqual(values);
  });

test("the bytes that updates in place move do not depend on the size of what they update", () => {
  const moved = (name: string, count: number): number =>
    lowerGroups(planned(graphOf(present(cases[name], name)[0], count))).reduce((sum, { bytes }) => sum + bytes, 0);
  for (const name of ["a state", "a state, with rows made from it", "a state, twice", "a slice of a state"]) {
    expect(moved(name, 4096), name).toBe(moved(name, height));
    expect(moved(name, 4096), name).toBeLessThan(16 * elements([3, 4]) * 4);
  }
});
