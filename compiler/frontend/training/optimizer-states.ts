// Where the states of optimizers are, and which are shared.
import type { Span } from "../../../dsl/span.ts";
import { isArgument, isPersistent } from "../../graph/facts.ts";
import type { Value as GraphValue } from "../../graph/ir.ts";
import type { Context, Env, FunctionValue, StateGroup, Update } from "../context.ts";
import { ownerOf } from "../values/attribution.ts";
import { childPath, instancePath, joinPath, makeFrame, spanKey, type Frame } from "../values/frames.ts";

/**
 * The states of an optimizer that is applied at this place of the text, below a path: those of a statement are under
 * `<entry>.<optimizer>`, those of an optimizer inside another one under `<path of the outer one>.<optimizer>`.
 */
export function groupAt(context: Context, below: string, fn: FunctionValue, name: string, span: Span): StateGroup {
  const { naming } = context.program;
  if (fn.instance !== null)
    return { path: instancePath(naming, fn.instance, name), shared: null, written: new Map(), inner: new Map() };
  const path = childPath(naming, below, spanKey(span), name, true);
  return { path, shared: makeFrame("optimizer", path, null), written: new Map(), inner: new Map() };
}

/** An optimizer that is called in the body of another one: its states are below those of the outer one. */
export function innerUpdate({ context }: Env, outer: Update, fn: FunctionValue, name: string, span: Span): Update {
  const made = groupAt(context, outer.group.path, fn, name, span);
  const group = outer.group.inner.get(made.path) ?? made;
  outer.group.inner.set(group.path, group);
  return { ...outer, group };
}

/** Of the states that one param has of its own. */
export const frameOf = ({ group, param }: Update): Frame =>
  makeFrame("optimizer", joinPath(group.path, param.path), null, ownerOf(param.path));

/** How often each param and state has been written so far. */
export const counted = ({ versions }: Context): ReadonlyMap<string, number> =>
  new Map([...versions].map(([path, each]) => [path, each.length]));

interface SharedState {
  readonly name: string;
  readonly path: string;
  /** Of its declaration. */
  readonly at: Span;
}

/** The shared states of an optimizer and of those inside it. */
export function sharedStates({ path, shared, inner }: StateGroup): readonly SharedState[] {
  const own = [...(shared?.declared ?? [])].map(([name, at]) => ({ name, path: joinPath(path, name), at }));
  return [...own, ...[...inner.values()].flatMap(sharedStates)];
}

/** Shared states again have the values that they had then. */
export function rewind({ versions }: Context, group: StateGroup, before: ReadonlyMap<string, number>): void {
  for (const { path } of sharedStates(group)) {
    const written = versions.get(path);
    if (written !== undefined) versions.set(path, written.slice(0, Math.max(before.get(path) ?? 0, found(written))));
  }
}

/** 1 if the first value is that of the start of the call. */
const found = ([first]: readonly GraphValue[]): number =>
  first !== undefined && (isPersistent(first.node) || isArgument(first.node)) ? 1 : 0;
