import fc from "fast-check";
import { expect, test } from "vitest";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import { present } from "../../compiler/support/invariant.ts";
import { elements } from "../../compiler/types/tensor-type.ts";
import { graphOf, programOf, Runner } from "../frontend/program.ts";
import type { Item } from "./item.ts";
import { items } from "./items.ts";

const step = 1e-5;
const tolerance = 2e-6;

/** The loss bends everything, so that no item has an upstream gradient of all ones. */
function programText(item: Item): string {
  const params = Object.entries(item.inputs).map(([name, type]) => `${name}: ${type}`);
  const gradients = [...wanted(item).map((name) => `${name}: grad(loss, ${name})`), ...(hasModel(item) ? ["params: grad(loss, params(M))"] : [])];
  return `dim A, B, C
${item.declare ?? ""}
${item.train ? "train " : ""}entry check(${params.join(", ")}) {
  let result = ${item.value}
  let loss = sum(sin(1.3 * result + 0.4))
  { loss, gradients: { ${gradients.join(", ")} } }
}`;
}

const wanted = (item: Item): readonly string[] => item.of ?? Object.keys(item.inputs).filter((name) => item.inputs[name]?.startsWith("f32"));

const hasModel = (item: Item): boolean => /\bmodel M\(/.test(item.declare ?? "");

/** Numbers in [0, 1) that differ from place to place. */
function sequence(seed: number): () => number {
  let state = (seed * 2654435761 + 97) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** At most eight places, spread over all. */
const places = (length: number): number[] => Array.from({ length: Math.min(length, 8) }, (_, k) => Math.floor((k * length) / Math.min(length, 8)));

function compare(item: Item, dims: Readonly<Record<string, number>>, seed: number): void {
  const program = programOf(programText(item), [dims]);
  const graph = graphOf(program, "check");
  const next = sequence(seed);
  const draw = (name: string, dtype: string): number => {
    const [low, high] = item.between?.[name] ?? (dtype === "i32" ? [0, 1] : [-2, 2]);
    return dtype === "i32" ? low + Math.floor(next() * (high - low + 1)) : low + next() * (high - low);
  };
  const inputs = new Map(
    graph.inputs.map(({ node, type }) => {
      const name = String(node.attrs["name"]);
      return [name, Float64Array.from({ length: elements(type.shape) }, () => draw(name, type.dtype))];
    }),
  );
  const { persistent } = new Runner(program);
  const run = () => evaluate(graph, { inputs, persistent, precision: "f64" }).outputs;
  const loss = (): number => present(run().get("loss"), "loss").data[0] ?? Number.NaN;
  const outputs = run();
  const trained = program.persistent.filter(({ kind }) => kind === "param");
  const targets = [
    ...wanted(item).map((name) => ({ output: `gradients.${name}`, data: present(inputs.get(name), name) })),
    ...(hasModel(item) ? trained.map(({ path }, k) => ({ output: `gradients.params.${k}`, data: present(persistent.get(path), path) })) : []),
  ];
  for (const { output, data } of targets) {
    const gradient = present(outputs.get(output), output).data;
    expect(gradient.length, output).toBe(data.length);
    for (const at of places(data.length)) {
      const value = data[at] ?? Number.NaN;
      data[at] = value + step;
      const above = loss();
      data[at] = value - step;
      const below = loss();
      data[at] = value;
      const difference = (above - below) / (2 * step);
      const error = Math.abs(difference - (gradient[at] ?? Number.NaN)) / (1 + Math.abs(difference));
      expect(error, `${output}[${at}]: ${gradient[at]}, and by differences ${difference}`).toBeLessThan(tolerance);
    }
  }
}

const size = fc.integer({ min: 2, max: 4 });

test.each(items)("the gradient of $name is that of central differences", (item) => {
  fc.assert(
    fc.property(size, size, size, fc.integer({ min: 1, max: 1e6 }), (A, B, C, seed) => compare(item, { A, B, C }, seed)),
    { seed: 7, numRuns: 3 },
  );
});

test("no item is listed twice", () => {
  expect(new Set(items.map(({ name }) => name)).size).toBe(items.length);
});
