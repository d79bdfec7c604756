import type { Span } from "../../../dsl/span.ts";
import { present } from "../../support/invariant.ts";
import { elements, scalar, tensor, type Shape } from "../../types/tensor-type.ts";
import type { Value as GraphValue } from "../../graph/ir.ts";
import type { Context, Declared, DlValue, Env } from "../context.ts";
import { build } from "./add-node.ts";
import { reachLimit } from "../limits.ts";
import { importValue, iterationOf } from "../control/regions.ts";
import { inRole } from "../values/attribution.ts";
import { callNumber } from "../values/counters.ts";
import { ERROR, makeTensor } from "../values/values.ts";
import { leaf } from "../values/variables.ts";

/** Set by the session; `init` reads it and does not write it. */
export const seedPath = "rng.seed";

/** Every program has it, even without random draws. */
export const seedState = (span: Span): Declared => ({
  kind: "state",
  path: seedPath,
  role: "random",
  type: tensor("i32", [2]),
  span,
  location: { span, caller: null },
  init: () => ERROR,
});

/** Scalars seed0, seed1 and the number of the call. */
type Key = NonNullable<Context["random"]["key"]>;

/** Draws of different entries never share a site; the sites of `init` begin at 0. */
const sitesPerEntry = 1 << 16;
const leastTable = 64;

/**
 * 32 random bits per element. Every draw has its own site. Threefry-2x32 of (number of the call, site) under the seed
 * is the key of this draw in this call, and threefry of (index, 0) under that key the bits of each element; so no two
 * draws share a block, and the bits depend on nothing else. In a loop the key is first mixed with the iteration number.
 */
export function randomBits(env: Env, shape: Shape, span: Span): DlValue {
  const { context } = env;
  const { builder, random } = context;
  if (random.sites.next >= sitesPerEntry)
    return reachLimit(context, span, "nodes", `has more than ${sitesPerEntry} random draws`);
  const value = build(
    env,
    span,
    () => {
      const [seed0, seed1, call] = keyOf(context);
      const site = random.entryIndex * sitesPerEntry + random.sites.next++;
      const words = (...from: Block): [GraphValue, GraphValue] => [
        builder.call("threefry", from, { word: 0 }),
        builder.call("threefry", from, { word: 1 }),
      ];
      let key =
        context.entry === "init"
          ? keyInTable(context, site)
          : words(seed0, seed1, call, builder.constant(scalar("i32"), site));
      // Counters of elements end in 0, counters of iterations in 1.
      for (const iteration of iterationsOf(context)) key = words(...key, iteration, builder.constant(scalar("i32"), 1));
      const spread = (x: GraphValue): GraphValue => (shape.length === 0 ? x : builder.broadcast(x, shape, []));
      const index = builder.call("iota", [], { shape: [elements(shape)], axis: 0, dtype: "i32" });
      const counter = shape.length === 1 ? index : builder.reshape(index, shape);
      return builder.call(
        "threefry",
        [spread(key[0]), spread(key[1]), counter, builder.constant(tensor("i32", shape), 0)],
        { word: 0 },
      );
    },
    "random",
  );
  return makeTensor(builder, value, span);
}

type Block = readonly [key0: GraphValue, key1: GraphValue, counter0: GraphValue, counter1: GraphValue];

/**
 * The key of a draw of `init`, which has hundreds, as an element of a tensor of the keys of all sites. Only the
 * elements that draws take are computed, and all by the same code, whereas separate scalars would become one long
 * kernel.
 */
function keyInTable(context: Context, site: number): [GraphValue, GraphValue] {
  const { builder } = context;
  const shape = [Math.max(leastTable, 2 ** Math.ceil(Math.log2(site + 1)))];
  const [seed0, seed1, call] = keyOf(context);
  const spread = (x: GraphValue): GraphValue => builder.broadcast(x, shape, []);
  const sites = builder.call("iota", [], { shape, axis: 0, dtype: "i32" });
  const element = (word: number): GraphValue => {
    const table = builder.call("threefry", [spread(seed0), spread(seed1), spread(call), sites], { word });
    return builder.reshape(builder.call("slice", [table], { start: [site], limit: [site + 1], stride: [1] }), []);
  };
  return [element(0), element(1)];
}

const keyOf = (context: Context): Key =>
  context.random.key ?? inRole(context.builder, "random", () => makeKey(context));

function makeKey(context: Context): Key {
  const { builder, program, random } = context;
  const { region } = context;
  if (region !== null) {
    const [seed0, seed1, call] = keyOf(region.parent);
    random.key = [
      importValue(context, region, seed0),
      importValue(context, region, seed1),
      importValue(context, region, call),
    ];
    return random.key;
  }
  const seed = leaf(context, present(program.declared.get(seedPath), "the seed is not declared"));
  const word = (k: number): GraphValue =>
    builder.reshape(builder.call("slice", [seed], { start: [k], limit: [k + 1], stride: [1] }), []);
  random.key = [word(0), word(1), callNumber(context)];
  return random.key;
}

/** The iteration numbers of all enclosing loops, outermost first. */
function iterationsOf(context: Context): readonly GraphValue[] {
  const { region } = context;
  if (region === null) return [];
  const outer = iterationsOf(region.parent).map((iteration) => importValue(context, region, iteration));
  return region.carries === null ? outer : [...outer, iterationOf(context, region)];
}
