import type { Span } from "../../../dsl/span.ts";
import { GraphBuilder } from "../../graph/build.ts";
import { distinct } from "../../graph/inline.ts";
import type { Graph, Value as GraphValue } from "../../graph/ir.ts";
import { invariant, present } from "../../support/invariant.ts";
import { scalar } from "../../types/tensor-type.ts";
import type { Carries, Context, DlValue, Env, Region, Tensor } from "../context.ts";
import { report } from "../errors.ts";
import { countRegion } from "../limits.ts";
import { attributionAt } from "../values/attribution.ts";
import { describe, makeTensor } from "../values/values.ts";

/** A context whose nodes go into a graph of their own, for the text at `at`. `carries` for the body of a loop. */
export function openRegion(env: Env, at: Span, name: string, carries: Carries | null = null): Context {
  const { context } = env;
  countRegion(context, at);
  const builder = new GraphBuilder(name, context.builder);
  // What the compiler adds has a location, but none that messages name.
  builder.attribution = { ...attributionAt(env, at), span: null };
  return {
    ...context,
    builder,
    versions: new Map(),
    random: { ...context.random, key: null },
    region: { parent: context, imports: new Map(), carries, names: new Set(), leaves: new Map(), iteration: null },
  };
}

/** A value of the enclosing graph as an input of the region. */
export function importValue({ builder }: Context, region: Region, outer: GraphValue): GraphValue {
  const known = region.imports.get(outer);
  if (known !== undefined) return known;
  const { node, type } = outer;
  const splat = node.op.name === "constant" ? node.attrs["value"] : undefined;
  const inner =
    typeof splat === "number"
      ? builder.constant(type, splat)
      : builder.input(distinct(region.names, `in${region.imports.size}`), type);
  region.imports.set(outer, inner);
  return inner;
}

/** A value of an enclosing graph; null if `home` is not one of them. */
export function bring(context: Context, value: GraphValue, home: GraphBuilder): GraphValue | null {
  if (home === context.builder) return value;
  const { region } = context;
  const outer = region === null ? null : bring(region.parent, value, home);
  return region === null || outer === null ? null : importValue(context, region, outer);
}

/** The value of a name, with its tensors imported into this graph. Reports tensors of an entry in an initializer. */
export function localize(env: Env, value: DlValue, span: Span): DlValue {
  const { context } = env;
  switch (value.kind) {
    case "tensor": {
      if (value.graph === context.builder) return value;
      const brought = bring(context, value.value, value.graph);
      if (brought === null)
        return report(context, "E0506", span, `an initializer can only use static values, found ${describe(value)}`);
      const local = makeTensor(context.builder, brought, value.from, value.symbols);
      return value.members === undefined ? local : { ...local, members: localFields(env, value.members, span) };
    }
    case "list":
    case "tuple":
      return {
        ...value,
        items: value.items.map((item) => localize(env, item, span)),
        ...(value.members && { members: localFields(env, value.members, span) }),
      };
    case "record":
      return {
        ...value,
        fields: localFields(env, value.fields, span),
        ...(value.members && { members: localFields(env, value.members, span) }),
      };
    case "function":
      return value.args.length === 0 && value.values === undefined
        ? value
        : {
            ...value,
            args: value.args.map((arg) => ({ ...arg, value: localize(env, arg.value, span) })),
            ...(value.values && { values: localTensors(env, value.values, span) }),
          };
    case "path":
      return value.values === undefined ? value : { ...value, values: localTensors(env, value.values, span) };
    default:
      return value;
  }
}

const localFields = (env: Env, fields: ReadonlyMap<string, DlValue>, span: Span): ReadonlyMap<string, DlValue> =>
  new Map([...fields].map(([name, field]) => [name, localize(env, field, span)]));

function localTensors(env: Env, values: ReadonlyMap<string, Tensor>, span: Span): ReadonlyMap<string, Tensor> {
  return new Map(
    [...values].flatMap(([path, value]) => {
      const local = localize(env, value, span);
      return local.kind === "tensor" ? [[path, local] as const] : [];
    }),
  );
}

/** The leaf of carry `index` in this region. */
export function carryLeaf({ builder }: Context, region: Region, index: number): GraphValue {
  const { name, init } = present(region.carries?.list[index], "a loop has this carry");
  const known = region.leaves.get(index) ?? builder.carry(distinct(region.names, name), init.type);
  region.leaves.set(index, known);
  return known;
}

/** The iteration number, an i32 scalar: an item of a counting sequence in a scan, a counting carry in a while. */
export function iterationOf(context: Context, region: Region): GraphValue {
  const { carries } = region;
  invariant(carries !== null, "a branch has no iterations");
  if (region.iteration !== null) return region.iteration;
  if (carries.kind === "scan")
    region.iteration = context.builder.input(distinct(region.names, "iteration"), scalar("i32"));
  else {
    carries.counter ??=
      carries.list.push({ name: "iteration", path: null, init: region.parent.builder.constant(scalar("i32"), 0) }) - 1;
    region.iteration = carryLeaf(context, region, carries.counter);
  }
  return region.iteration;
}

/** The outer values used by these regions, in order of first use. */
export function invariantsOf(contexts: readonly Context[]): readonly GraphValue[] {
  const found = new Set<GraphValue>();
  for (const { builder, region } of contexts) {
    const used = new Set([
      ...builder.nodes.flatMap((node) => node.operands),
      ...builder.outputs.map((o) => o.value),
      ...builder.carries.map((c) => c.next),
    ]);
    for (const [outer, inner] of present(region, "a region").imports)
      if (inner.node.op.name === "input" && used.has(inner)) found.add(outer);
  }
  return [...found];
}

/**
 * The region's graph: its inputs are `items`, then one for each of `invariants`, used or not, then `more`. A loop's
 * region has all carries of the loop.
 */
export function closeRegion(
  context: Context,
  items: readonly GraphValue[],
  invariants: readonly GraphValue[],
  more: readonly GraphValue[] = [],
): Graph {
  const { builder, region } = context;
  const carries = (region?.carries?.list ?? []).map((_, index) =>
    carryLeaf(context, present(region, "a region"), index),
  );
  const next = new Map(builder.carries.map((carry) => [carry.value, carry.next]));
  builder.carries.splice(
    0,
    builder.carries.length,
    ...carries.map((value) => ({ value, next: next.get(value) ?? value })),
  );
  const given = invariants.map((outer) => importInput(context, present(region, "a region"), outer));
  builder.inputs.splice(0, builder.inputs.length, ...items, ...given, ...more);
  const kept = new Set([...builder.inputs, ...carries].map((value) => value.node));
  const nodes = builder.nodes.filter((node) => node.op.name !== "input" || kept.has(node));
  // Leaves first: an input added for another region of the node was created last.
  builder.nodes.splice(
    0,
    builder.nodes.length,
    ...nodes.filter((node) => kept.has(node)),
    ...nodes.filter((node) => !kept.has(node)),
  );
  return builder.build();
}

function importInput(context: Context, region: Region, outer: GraphValue): GraphValue {
  const known = region.imports.get(outer);
  if (known?.node.op.name === "input") return known;
  const inner = context.builder.input(distinct(region.names, `in${region.imports.size}`), outer.type);
  region.imports.set(outer, inner);
  return inner;
}
