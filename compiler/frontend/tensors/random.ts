import type { Entry, EntryMode } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import { present } from "../../support/invariant.ts";
import { elements, scalar, tensor, type Shape } from "../../types/tensor-type.ts";
import type { Value as GraphValue } from "../../graph/ir.ts";
import type { Context, Declared, DlValue, Env, ProgramState } from "../context.ts";
import { build } from "./add-node.ts";
import { reachLimit } from "../limits.ts";
import { importValue, iterationOf } from "../control/regions.ts";
import { inRole } from "../values/attribution.ts";
import { ERROR, makeTensor } from "../values/values.ts";
import { leaf, write } from "../values/variables.ts";

/** Set by the session; `init` reads it and does not write it. */
export const seedPath = "rng.seed";
/** The number of calls of train entries so far. */
export const stepPath = "rng.step";

const stepType = scalar("i32");

/** Every program has both, even without random draws. */
export const randomStates = (span: Span): readonly Declared[] => [
  {
    kind: "state",
    role: "random",
    path: seedPath,
    type: tensor("i32", [2]),
    span,
    location: { span, caller: null },
    init: () => ERROR,
  },
  counterAt(stepPath, span),
];

function counterAt(path: string, span: Span): Declared {
  return {
    kind: "state",
    role: "random",
    path,
    type: stepType,
    span,
    location: { span, caller: null },
    init: ({ builder }) => makeTensor(builder, builder.constant(stepType, 0), span),
  };
}

const ownStepPath = (entry: string): string => `${entry}.step`;

/** Each draw entry counts its own calls. Before the first entry, whose layers may have the same name. */
export function declareCounters({ declared }: ProgramState, entries: readonly Entry[]): void {
  for (const { mode, name } of entries) {
    const path = ownStepPath(name.text);
    if (mode === "draw") declared.set(path, counterAt(path, name.span));
  }
}

/** The counter of an entry; all but draw entries share that of the train entries. */
export const counterOf = ({ declared }: ProgramState, entry: string, mode: EntryMode): Declared =>
  present(declared.get(mode === "draw" ? ownStepPath(entry) : stepPath), "the entry has a counter");

/** Scalars seed0, seed1 and step. */
type Key = NonNullable<Context["random"]["key"]>;

/** Draws of different entries never share a site. */
const sitesPerEntry = 1 << 16;

/**
 * 32 random bits per element. Every draw has its own site. Threefry-2x32 of (step, site) under the seed is the key of
 * this draw in this call, and threefry of (index, 0) under that key the bits of each element; so no two draws share a
 * block, and the bits depend on nothing else. In a loop the key is first mixed with the iteration number.
 */
export function randomBits(env: Env, shape: Shape, span: Span): DlValue {
  const { context } = env;
  const { builder, random } = context;
  if (random.sites.next >= sitesPerEntry)
    return reachLimit(context, span, `the entry has more than ${sitesPerEntry} random draws`);
  const value = build(
    env,
    span,
    () => {
      const [seed0, seed1, step] = keyOf(context);
      const site = builder.constant(scalar("i32"), random.entryIndex * sitesPerEntry + random.sites.next++);
      const words = (...from: readonly [GraphValue, GraphValue, GraphValue, GraphValue]): [GraphValue, GraphValue] => [
        builder.call("threefry", from, { word: 0 }),
        builder.call("threefry", from, { word: 1 }),
      ];
      let key = words(seed0, seed1, step, site);
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

const keyOf = (context: Context): Key =>
  context.random.key ?? inRole(context.builder, "random", () => makeKey(context));

function makeKey(context: Context): Key {
  const { builder, program, random } = context;
  const { region } = context;
  if (region !== null) {
    const [seed0, seed1, step] = keyOf(region.parent);
    random.key = [
      importValue(context, region, seed0),
      importValue(context, region, seed1),
      importValue(context, region, step),
    ];
    return random.key;
  }
  const seed = leaf(context, present(program.declared.get(seedPath), "the program has a seed"));
  const word = (k: number): GraphValue =>
    builder.reshape(builder.call("slice", [seed], { start: [k], limit: [k + 1], stride: [1] }), []);
  // Before the first draw there is no call to count.
  const step =
    context.entry === "init"
      ? builder.constant(stepType, 0)
      : (context.versions.get(context.counter.path)?.[0] ?? leaf(context, context.counter));
  random.key = [word(0), word(1), step];
  return random.key;
}

/** The iteration numbers of all enclosing loops, outermost first. */
function iterationsOf(context: Context): readonly GraphValue[] {
  const { region } = context;
  if (region === null) return [];
  const outer = iterationsOf(region.parent).map((iteration) => importValue(context, region, iteration));
  return region.carries === null ? outer : [...outer, iterationOf(context, region)];
}

/** Counts the call of the entry. */
export function countStep(context: Context): void {
  const { builder, counter } = context;
  const step = context.versions.get(counter.path)?.at(-1) ?? leaf(context, counter);
  write(context, counter.path, builder.add(step, 1));
}
