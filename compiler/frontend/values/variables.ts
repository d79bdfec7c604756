import type { Span } from "../../../dsl/span.ts";
import type { Value as GraphValue } from "../../graph/ir.ts";
import { suffixes } from "../../graph/notation.ts";
import { isFloat, sameType, showType } from "../../types/tensor-type.ts";
import type { Carries, Context, Declared, DlValue, Env, Tensor } from "../context.ts";
import { report } from "../errors.ts";
import { ownerOf } from "./attribution.ts";
import { carryLeaf, importValue } from "../control/regions.ts";
import { noteMember } from "../training/members.ts";
import { makeTensor } from "./values.ts";

/** Declares a param or state in the program; its type must be the same wherever it is used. Null after a report. */
export function declare(context: Context, declared: Declared, at: Span): Declared | null {
  const { program } = context;
  const known = program.declared.get(declared.path);
  if (known === undefined) {
    program.declared.set(declared.path, declared);
    return declared;
  }
  if (sameType(known.type, declared.type) && known.kind === declared.kind && known.role === declared.role) return known;
  if (known.role === "random") {
    const entry = ownerOf(declared.path);
    report(context, "E0202", at, `\`${declared.path}\` is already the counter of the entry \`${entry}\``, {
      also: [{ span: known.span, says: "declared here" }],
      help: "rename one of them",
    });
    return null;
  }
  report(
    context,
    "E0312",
    at,
    `conflicting types of ${declared.kind} \`${declared.path}\`: ${showType(declared.type)} here, ${showType(known.type)} elsewhere`,
    {
      also: [{ span: known.span, says: `first declared as ${showType(known.type)}` }],
      help: "a param is shared by all entries and sets of dims, so it must have the same type in each",
    },
  );
  return null;
}

/** The value at this point of the entry: the last one written, or the one at the start of the call. */
export function read(env: Env, declared: Declared, span: Span): DlValue {
  if (declared.kind === "param") noteMember(env.context, env.frame, declared);
  return makeTensor(env.context.builder, current(env.context, declared), span);
}

/**
 * Whether a loop carries this param or state. Settings are the host's; params and the counters of entries change only
 * where training is repeated.
 */
const isCarried = ({ kind, role }: Declared, { params }: Carries): boolean =>
  role !== "setting" && (params || (kind === "state" && role !== "random"));

/**
 * The current value, in the graph under construction. A loop carries the states that its body uses from one iteration
 * to the next, and the params if it may write them; everything else is an outer value.
 */
export function current(context: Context, declared: Declared): GraphValue {
  const last = context.versions.get(declared.path)?.at(-1);
  if (last !== undefined) return last;
  const value = valueAtStart(context, declared);
  context.versions.set(declared.path, [value]);
  return value;
}

/** The value at the start of the call, or of the iteration or branch. */
export function valueAtStart(context: Context, declared: Declared): GraphValue {
  const { region } = context;
  if (region === null) return leaf(context, declared);
  return region.carries !== null && isCarried(declared, region.carries)
    ? carryLeaf(context, region, carryOf(context, declared))
    : importValue(context, region, current(region.parent, declared));
}

/** Whether the code runs in a loop at run time, which has its params from outside. */
export const inLoop = ({ region }: Context): boolean =>
  region !== null && (region.carries?.params === false || inLoop(region.parent));

/** Whether the code runs at each call of its entry, and in each iteration of the loops around it. */
export const isUnconditional = ({ region }: Context): boolean =>
  region === null || (region.carries?.params === true && isUnconditional(region.parent));

/** The index of a state among the carries of the loop, which is added if it is new. */
function carryOf({ region }: Context, declared: Declared): number {
  const list = region?.carries?.list ?? [];
  const known = list.findIndex((carry) => carry.path === declared.path);
  if (known >= 0 || region === null) return known;
  list.push({
    name: suffixes(declared.path)[0] ?? "state",
    path: declared.path,
    init: current(region.parent, declared),
  });
  return list.length - 1;
}

/** The params and states written by a region, with their last values. */
export function writtenIn(context: Context): ReadonlyMap<string, GraphValue> {
  const written = new Map<string, GraphValue>();
  for (const [path, versions] of [...context.versions]) {
    const last = versions.at(-1);
    if (last === undefined || (versions.length === 1 && isStart(context, path, last))) continue;
    written.set(path, last);
  }
  return written;
}

/** Whether this is the value at the start, which was only read; what is written can be another leaf of the region. */
function isStart(context: Context, path: string, value: GraphValue): boolean {
  const declared = context.program.declared.get(path);
  return value.node.op.form.kind === "leaf" && declared !== undefined && valueAtStart(context, declared) === value;
}

/** The value at the start of the call. */
export function leaf(context: Context, declared: Declared): GraphValue {
  const { builder } = context;
  const { kind, path, type, span, location } = declared;
  const attribution = { ...builder.attribution, path: ownerOf(path), span, location };
  const value = builder.attributed(attribution, () =>
    kind === "param" ? builder.param(path, type) : builder.state(path, type),
  );
  context.versions.set(declared.path, [value]);
  return value;
}

/** A param holds numbers: no gradient flows to what it was written with, in a loop at run time or out of it. */
export function write({ builder, program, versions }: Context, path: string, value: GraphValue): void {
  const held =
    program.declared.get(path)?.kind === "param" && isFloat(value.type.dtype)
      ? builder.attributed(value.node.provenance.attribution, () => builder.call("stop_gradient", [value]))
      : value;
  versions.set(path, [...(versions.get(path) ?? []), held]);
}

/** Runs an application in which these params and states have other values; what it writes to them is dropped. */
export function withValues<T>({ versions }: Context, values: ReadonlyMap<string, Tensor> | undefined, run: () => T): T {
  if (values === undefined) return run();
  const before = [...values.keys()].map((path) => [path, versions.get(path)] as const);
  for (const [path, { value }] of values) versions.set(path, [value]);
  try {
    return run();
  } finally {
    for (const [path, known] of before) {
      if (known === undefined) versions.delete(path);
      else versions.set(path, known);
    }
  }
}

/** How many writes of params and states the entry holds so far. */
export function writesIn({ versions }: Context): number {
  let count = 0;
  // A version that is a leaf was read, not written.
  for (const values of versions.values()) count += values.filter(({ node }) => node.op.form.kind !== "leaf").length;
  return count;
}
