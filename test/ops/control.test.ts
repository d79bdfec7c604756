import { expect, test } from "vitest";
import { expandGradients, gradientBlockers } from "../../compiler/graph/autodiff.ts";
import { brokenCondition, GraphBuilder } from "../../compiler/graph/build.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import { inlineRegion, RegionBuilder } from "../../compiler/graph/inline.ts";
import type { Attrs, Graph, Value } from "../../compiler/graph/ir.ts";
import { parseGraph } from "../../compiler/graph/parse.ts";
import { verify } from "../../compiler/graph/verify.ts";
import { ops } from "../../compiler/ops/table.ts";
import { present } from "../../compiler/support/invariant.ts";
import { elements, isFloat, tensor, type TensorType } from "../../compiler/types/tensor-type.ts";
import { smoothGraphs } from "./control-graphs.ts";

type Data = ReadonlyMap<string, Float64Array>;

const nameOf = (value: Value): string => String(value.node.attrs["name"]);
const dataOf = (graph: Graph, seed: number): Data =>
  new Map(
    graph.inputs.map((value, index) => [
      nameOf(value),
      Float64Array.from({ length: elements(value.type.shape) }, (_, i) => Math.sin(7 * index + i * 1.7 + seed)),
    ]),
  );
const run = (graph: Graph, inputs: Data): ReadonlyMap<string, readonly number[]> =>
  new Map(
    Array.from(evaluate(graph, { inputs, persistent: new Map(), precision: "f64" }).outputs, ([name, { data }]) => [
      name,
      [...data],
    ]),
  );

/** A weighted sum of all elements of the values. */
function weighted(g: GraphBuilder, values: readonly Value[]): Value {
  const terms = values.map(({ type, node, index }, position) => {
    const weights = Array.from({ length: elements(type.shape) }, (_, i) => Math.cos(position + 2.3 * i));
    return g.sum(g.mul(present(node.results[index], "a value"), g.constant(type, weights)), [...type.shape.keys()]);
  });
  return terms.reduce((a, b) => g.add(a, b));
}

/**
 * A loss that is a weighted sum of the graph's outputs (with `second`: of the gradients of that sum), and its gradient.
 */
function withGradient(graph: Graph, second: boolean): Graph {
  const g = new GraphBuilder("gradient", ops);
  const inputs = graph.inputs.map((value) => g.input(nameOf(value), value.type));
  const targets = inputs.filter(({ type }) => isFloat(type.dtype));
  const first = weighted(g, inlineRegion(g, graph, inputs).outputs);
  const loss = second ? weighted(g, g.callAll("gradient", [first, ...targets])) : first;
  g.output("loss", loss);
  g.callAll("gradient", [loss, ...targets]).forEach((value, index) =>
    g.output(`d_${nameOf(present(targets[index], "a target"))}`, value),
  );
  return g.build();
}

for (const [description, text] of Object.entries(smoothGraphs))
  for (const second of [false, true])
    test(`the gradient of ${second ? "the gradient of " : ""}${description} matches central differences`, () => {
      const graph = withGradient(parseGraph(text, ops), second);
      verify(expandGradients(graph));
      const data = dataOf(graph, second ? 2 : 1);
      const found = run(graph, data);
      const lossOnly = { ...graph, outputs: graph.outputs.slice(0, 1) };
      const at = (name: string, values: Float64Array): number =>
        run(lossOnly, new Map([...data, [name, values]])).get("loss")?.[0] ?? Number.NaN;
      for (const [name, values] of data) {
        const gradient = found.get(`d_${name}`);
        if (gradient === undefined) continue;
        const h = 1e-5;
        values.forEach((x, i) => {
          const wanted = (at(name, values.with(i, x + h)) - at(name, values.with(i, x - h))) / (2 * h);
          expect(Math.abs((gradient[i] ?? Number.NaN) - wanted), `${name}[${i}]`).toBeLessThan(
            1e-7 * (1 + Math.abs(wanted)),
          );
        });
      }
    });

const f = (...shape: number[]): TensorType => tensor("f32", shape);

/** A region with these inputs, carries and outputs; it sets the carries unless it is a condition. */
function region(
  inputs: readonly TensorType[],
  carries: readonly TensorType[] = [],
  outputs: readonly TensorType[] = [],
  changed = true,
): Graph {
  const r = new RegionBuilder("region", new GraphBuilder("region", ops));
  inputs.forEach((type) => r.input("x", type));
  carries.forEach((type, index) => {
    r.carry("h", type);
    if (changed) r.next(index, r.g.zeros(type));
  });
  outputs.forEach((type) => r.output("y", r.g.zeros(type)));
  return r.build();
}

const bool = tensor("bool", []);
type Use = readonly [operands: readonly TensorType[], attrs: Attrs, regions: readonly Graph[]];
const loop = { carries: 1, sequences: 1, length: 4 };

/** A use that satisfies every condition, and for each label uses that violate it and satisfy those before it. */
const uses: Readonly<
  Record<string, { readonly good: Use; readonly broken: Readonly<Record<string, readonly Use[]>> }>
> = {
  scan: {
    good: [[f(2), f(4, 3), f(5)], loop, [region([f(3), f(5)], [f(2)], [f(1)])]],
    broken: {
      c1: [
        [[f(2)], loop, [region([])]],
        [[f(2), f(4, 3)], { ...loop, length: -1 }, [region([f(3)])]],
      ],
      c2: [
        [[f(2), f(3, 3)], loop, [region([f(3)])]],
        [[f(2), f()], loop, [region([f()])]],
      ],
      c3: [
        [[f(2), f(4, 3)], loop, [region([f(4)])]],
        [[f(2), f(4, 3), f(5)], loop, [region([f(3)])]],
      ],
      c4: [
        [[f(2), f(4, 3)], loop, [region([f(3)], [f(3)])]],
        [[f(2), f(4, 3)], loop, [region([f(3)], [f(2), f(2)])]],
      ],
    },
  },
  while: {
    good: [[f(2), f(5)], { carries: 1 }, [region([f(5)], [f(2)], [bool], false), region([f(5)], [f(2)])]],
    broken: {
      c1: [
        [[f(2)], { carries: 2 }, [region([], [], [bool]), region([])]],
        [[f(2)], { carries: 0 }, [region([f(2)], [], [bool]), region([f(2)])]],
      ],
      c2: [[[f(2), f(5)], { carries: 1 }, [region([f(5)], [], [bool]), region([])]]],
      c3: [
        [[f(2)], { carries: 1 }, [region([], [], [f()]), region([])]],
        [[f(2)], { carries: 1 }, [region([], [f(2)], [bool]), region([])]],
      ],
      c4: [[[f(2)], { carries: 1 }, [region([], [], [bool]), region([], [f(2)], [f(1)])]]],
      c5: [
        [[f(2)], { carries: 1 }, [region([], [f(2)], [bool], false), region([], [f(3)])]],
        [[f(2)], { carries: 1 }, [region([], [], [bool]), region([], [f(2)])]],
      ],
    },
  },
  cond: {
    good: [[bool, f(2)], {}, [region([f(2)], [], [f(1)]), region([f(2)], [], [f(1)])]],
    broken: {
      c1: [[[f(), f(2)], {}, [region([f(2)]), region([f(2)])]]],
      c2: [[[bool, f(2)], {}, [region([f(2)]), region([])]]],
      c3: [[[bool], {}, [region([], [], [f(1)]), region([], [], [f(2)])]]],
      c4: [[[bool], {}, [region([], [f(1)]), region([])]]],
    },
  },
  checkpoint: {
    good: [[f(2)], {}, [region([f(2)], [], [f(1)])]],
    broken: { c1: [[[f(2)], {}, [region([f(3)])]]], c2: [[[f(2)], {}, [region([f(2)], [f(2)])]]] },
  },
  custom_gradient: {
    good: [
      [f(2), bool],
      {},
      [region([f(2), bool], [], [f(1), bool]), region([f(2), bool, f(1), bool, f(1)], [], [f(2)])],
    ],
    broken: {
      c1: [[[f(2)], {}, [region([]), region([f(2)], [], [f(2)])]]],
      c2: [[[f(2)], {}, [region([f(2)], [], [f(1)]), region([f(2), f(1)], [], [f(2)])]]],
      c3: [[[f(2), bool], {}, [region([f(2), bool]), region([f(2), bool], [], [f(2), bool])]]],
      c4: [[[f(2)], {}, [region([f(2)], [f(2)]), region([f(2)], [], [f(2)])]]],
    },
  },
};

for (const op of [...ops.values()].filter(({ regions }) => regions !== undefined))
  test(`each condition of ${op.name} is reported for the uses that violate it`, () => {
    const { good, broken } = present(uses[op.name], `there are uses of ${op.name}`);
    const complete = (attrs: Attrs): Attrs => ({ ...op.defaults, ...attrs });
    expect(brokenCondition(op, good[0], complete(good[1]), good[2])).toBe(null);
    expect(Object.keys(broken)).toEqual(Object.keys(op.requires));
    for (const [label, list] of Object.entries(broken))
      for (const [operands, attrs, regions] of list)
        expect(brokenCondition(op, operands, complete(attrs), regions)).toMatchObject({
          code: `${op.name}-${label}`,
          message: op.requires[label]?.message,
        });
  });

const evaluated = (
  text: string,
  inputs: Readonly<Record<string, readonly number[]>>,
): Record<string, readonly number[]> =>
  Object.fromEntries(
    run(
      parseGraph(text, ops),
      new Map(Object.entries(inputs).map(([name, values]) => [name, Float64Array.from(values)])),
    ),
  );

for (const reverse of [false, true])
  test(`a${reverse ? " reversed" : ""} scan keeps the index of each item`, () => {
    const text = `graph sums(%x: f32[4])
  %0 = constant 0 : f32[]
  %1, %2 = scan %0, %x {carries=1, sequences=1, length=4, reverse=${reverse}} : f32[], f32[4]
    body(%x: f32[]) {
      carry %s: f32[]
      %0 = add %s, %x : f32[]
      return sum=%0
      next %s = %0
    }
  return last=%1, sums=%2
`;
    expect(evaluated(text, { x: [1, 2, 3, 4] })).toEqual({ last: [10], sums: reverse ? [10, 9, 7, 4] : [1, 3, 6, 10] });
  });

const doubling = `graph doubling(%x: f32[], %most: f32[])
  %0 = while %x, %most {carries=1} : f32[]
    condition(%most: f32[]) {
      carry %x: f32[]
      %0 = lt %x, %most : bool[]
      return more=%0
    }
    body(%most: f32[]) {
      carry %x: f32[]
      %0 = mul %x, 2 : f32[]
      next %x = %0
    }
  return x=%0
`;

test("a while loop runs until its condition fails, possibly zero iterations", () => {
  expect(evaluated(doubling, { x: [3], most: [40] })).toEqual({ x: [48] });
  expect(evaluated(doubling, { x: [3], most: [2] })).toEqual({ x: [3] });
});

test("a while loop blocks a gradient, also in the body of a scan", () => {
  const loss = present(parseGraph(doubling, ops).outputs[0], "an output").value;
  const x = present(loss.node.operands[0], "an operand");
  expect(gradientBlockers(loss, [x]).map(({ op }) => op.name)).toEqual(["while"]);
  const inner = parseGraph(doubling, ops);
  const body = new RegionBuilder("body", new GraphBuilder("body", ops));
  const most = body.input("most", f());
  const carry = body.carry("h", f());
  body.next(0, present(inlineRegion(body.g, inner, [carry, most]).outputs[0], "an output"));
  const g = new GraphBuilder("outer", ops);
  const [start, bound] = [g.input("x", f()), g.input("most", f())];
  const [last] = g.callAll("scan", [start, bound], { carries: 1, sequences: 0, length: 2 }, [body.build()]);
  expect(gradientBlockers(present(last, "a result"), [start]).map(({ op }) => op.name)).toEqual(["while"]);
});

test("no gradient flows into a while loop under stop_gradient", () => {
  const g = new GraphBuilder("stopped", ops);
  const [x, most] = [g.input("x", f()), g.input("most", f())];
  const { outputs } = inlineRegion(g, parseGraph(doubling, ops), [g.call("stop_gradient", [x]), most]);
  const y = g.mul(present(outputs[0], "an output"), x);
  expect(gradientBlockers(y, [x])).toEqual([]);
  g.output("d", g.call("gradient", [y, x]));
  expect(
    run(
      g.build(),
      new Map([
        ["x", Float64Array.of(3)],
        ["most", Float64Array.of(40)],
      ]),
    ).get("d"),
  ).toEqual([48]);
});

test("a scan of 200 iterations and its gradient equal those of the unrolled loop", () => {
  const text = present(smoothGraphs["a recurrent cell"], "the sample exists")
    .replaceAll("length=4", "length=200")
    .replaceAll("[4,", "[200,");
  const rolled = parseGraph(text, ops);
  const scan = present(
    rolled.nodes.find(({ op }) => op.name === "scan"),
    "a scan",
  );
  const g = new GraphBuilder("unrolled", ops);
  const [h, x, ...rest] = rolled.inputs.map((value) => g.input(nameOf(value), value.type));
  if (h === undefined || x === undefined) throw new Error("the cell has inputs");
  let carry = h;
  const rows: Value[] = [];
  for (let t = 0; t < 200; t++) {
    const row = g.call("slice", [x], { start: [t, 0, 0], limit: [t + 1, 2, 3], stride: [1, 1, 1] });
    const iteration = inlineRegion(g, present(scan.regions[0], "a body"), [g.reshape(row, [2, 3]), ...rest], [carry]);
    carry = present(iteration.carries[0], "a carry");
    rows.push(...iteration.outputs.map((value) => g.reshape(value, [1, 2, 3])));
  }
  g.output("last", carry);
  g.output("all", g.call("concat", rows, { axis: 0 }));
  const [a, b] = [withGradient(rolled, false), withGradient(g.build(), false)];
  const data = dataOf(a, 1);
  const [found, wanted] = [run(a, data), run(b, data)];
  for (const [name, values] of wanted)
    values.forEach((value, i) =>
      expect(Math.abs((found.get(name)?.[i] ?? Number.NaN) - value)).toBeLessThan(1e-10 * (1 + Math.abs(value))),
    );
});
