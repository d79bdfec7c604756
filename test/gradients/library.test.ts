import fc from "fast-check";
import { expect, test } from "vitest";
import type { Graph } from "../../compiler/graph/ir.ts";
import { invariant, present } from "../../compiler/support/invariant.ts";
import { elements } from "../../compiler/types/tensor-type.ts";
import { graphOf, programOf, Runner } from "../frontend/program.ts";
import { random } from "../ops/values.ts";
import { expectDirection, expectClose, gradientError } from "./agreement.ts";
import type { Item } from "./library/item.ts";
import { activations } from "./library/activations.ts";
import { derivedItem } from "./library/derived.ts";
import { drawn as drawnItems } from "./library/drawn.ts";
import { items } from "./library/items.ts";
import { losses } from "./library/losses.ts";
import { declarations, unreached } from "./library/reached.ts";
import { closed, type Data, gradientOf, nameOf, run, subject } from "./subject.ts";

/** The loss is nonlinear in the result, so that the upstream gradient is not all ones. */
function programText(item: Item): string {
  const params = Object.entries(item.inputs).map(([name, type]) => `${name}: ${type}`);
  const gradients = [
    ...wanted(item).map((name) => `${name}: grad(loss, ${name})`),
    ...(hasModel(item) ? ["params: grad(loss, params(M))"] : []),
  ];
  return `dim A, B, C
${item.declare ?? ""}
${item.train ? "train " : ""}entry check(${params.join(", ")}) {
  let result = ${item.value}
  let loss = sum(sin(1.3 * result + 0.4))
  { result, loss, gradients: { ${gradients.join(", ")} } }
}`;
}

const wanted = (item: Item): readonly string[] =>
  item.of ?? Object.keys(item.inputs).filter((name) => item.inputs[name]?.startsWith("f32"));

const hasModel = (item: Item): boolean => /\bmodel M\(/.test(item.declare ?? "");

type Dims = Readonly<Record<string, number>>;

/** A program of one item on drawn data, with its params as inputs. */
function drawnUse(
  item: Item,
  dims: Dims,
  seed: number,
): { readonly description: string; readonly of: readonly string[]; readonly data: Data; readonly graph: Graph } {
  // A name of the library, whose helpers are differentiated, too.
  const program = programOf({ name: "std/check.dl", text: programText(item) }, [dims]);
  const next = random(seed);
  const draw = (name: string, dtype: string): number => {
    const [low, high] = item.between?.[name] ?? (dtype === "i32" ? [0, 1] : [-2, 2]);
    return dtype === "i32" ? low + Math.floor(next() * (high - low + 1)) : low + next() * (high - low);
  };
  const source = graphOf(program, "check");
  const inputs = source.inputs.map((value) => {
    const data = Float64Array.from({ length: elements(value.type.shape) }, () => draw(nameOf(value), value.type.dtype));
    return [nameOf(value), data] as const;
  });
  const data: Data = new Map([...inputs, ...new Runner(program).persistent]);
  const graph = closed(source);
  const trained = hasModel(item)
    ? program.persistent.filter(({ kind }) => kind === "param").map(({ path }) => path)
    : [];
  const description = `${item.name} of ${JSON.stringify(dims)} ${JSON.stringify(item.inputs)}, seed ${seed}`;
  return { description, of: [...wanted(item), ...trained], data, graph };
}

function check(item: Item, dims: Dims, seed: number): void {
  const { description, of, data, graph } = drawnUse(item, dims, seed);
  const next = random(seed + 1);
  const only = (keep: (name: string) => boolean): Graph => ({
    ...graph,
    outputs: graph.outputs.filter(({ name }) => keep(name)),
  });

  // The results of `grad` in the language.
  const grads = run(
    subject(
      description,
      only((name) => name.startsWith("gradients.")),
      data,
      of,
    ).graph,
    data,
  );
  expect(grads.length).toBe(of.length);
  const loss = subject(
    description,
    only((name) => name === "loss"),
    data,
    of,
  );
  expectClose((step) => gradientError(loss, { weights: [Float64Array.of(1)], grads }, 8, step), description, 1e-6);

  const result = subject(
    description,
    only((name) => name === "result"),
    data,
    of,
  );
  expectDirection(result, next, 1e-6);
  if (item.once !== true) expectDirection(gradientOf(result, next), next, 1e-5);
}

const size = fc.integer({ min: 2, max: 4 });
const runs = Number(process.env["RUNS"] ?? 2);

const checked = (item: fc.Arbitrary<Item>, numRuns: number): void =>
  fc.assert(
    fc.property(item, size, size, size, fc.nat(), (drawn, A, B, C, seed) => check(drawn, { A, B, C }, seed)),
    { numRuns },
  );

test.each(items)("the gradient of $name matches central differences, to second order and in both modes", (item) =>
  checked(fc.constant(item), runs),
);

test.each(Object.entries(drawnItems))(
  "the gradient of %s with drawn arguments matches central differences",
  (_, item) => checked(item, 2 * runs),
);

test.each([...activations, ...losses])(
  "the derivative of $name on hundreds of elements matches differences along a random direction",
  (item) => {
    const { description, of, data, graph } = drawnUse(item, { A: 9, B: 8, C: 7 }, 11);
    const at = subject(
      description,
      { ...graph, outputs: graph.outputs.filter(({ name }) => name === "result") },
      data,
      of,
    );
    expectDirection(at, random(12), 1e-6);
  },
);

/** Declarations without an item; and a few that have one, to test the derivation of items from signatures. */
const bySignature = [
  ...unreached(),
  ...["dense", "layer_norm", "lerp", "huber"].map((name) => [name, present(declarations.get(name), name)] as const),
];

test.each(bySignature)(
  "the gradient of %s, with arguments by its signature, matches central differences",
  (name, { file, declaration }) => {
    const item = derivedItem(declaration());
    invariant(
      item,
      `dsl/std/${file}: no test differentiates \`${name}\`, and its signature does not determine a use; add a row to test/gradients/library`,
    );
    checked(fc.constant(item), runs);
  },
);

test("no item is listed twice", () => {
  expect(new Set(items.map(({ name }) => name)).size).toBe(items.length);
  expect(present(items[0], "there are items").name).not.toBe("");
});
