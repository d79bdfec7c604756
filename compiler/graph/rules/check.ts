import { invariant } from "../../support/invariant.ts";
import type { AttrKind, Op } from "../op.ts";
import type { Pattern, RuleTrees } from "./parse.ts";

/** The names that a left side binds. */
interface Bound {
  readonly values: Set<string>;
  readonly attrs: Map<string, AttrKind | null>;
  readonly rests: Map<string, Op>;
}

/**
 * An invariant failure for a rule whose right side can never be built. `given`: the attributes that the rule computes.
 */
export function checkRule({ left, right }: RuleTrees, given: readonly string[]): void {
  const bound: Bound = { values: new Set(), attrs: new Map(given.map((name) => [name, null])), rests: new Map() };
  collect(left, bound);
  checkRight(right, bound);
}

function collect(pattern: Pattern, bound: Bound): void {
  if (pattern.kind === "variable") bound.values.add(pattern.name);
  if (pattern.kind !== "apply") return;
  if (pattern.alias !== null) bound.values.add(pattern.alias);
  if (pattern.rest !== null) bound.rests.set(pattern.rest, pattern.op);
  for (const [name, attr] of pattern.attrs) {
    if (attr.kind === "literal") continue;
    invariant(bound.attrs.get(attr.name) !== null, `${attr.name} is both bound and computed`);
    bound.attrs.set(attr.name, kindOf(pattern.op, name));
  }
  for (const arg of pattern.args) collect(arg, bound);
}

function checkRight(pattern: Pattern, bound: Bound): void {
  if (pattern.kind === "variable")
    invariant(bound.values.has(pattern.name), `the left side does not bind ${pattern.name}`);
  if (pattern.kind !== "apply") return;
  const { op, args, attrs, rest, alias } = pattern;
  invariant(alias === null, `${alias}: names nothing on the right side`);
  invariant(
    args.length === 0 || args.some((arg) => arg.kind !== "number"),
    `${op.name} has no operand that determines the type of its numbers`,
  );
  for (const arg of args) checkRight(arg, bound);
  for (const [name, attr] of attrs) {
    if (attr.kind === "literal") continue;
    const kind = bound.attrs.get(attr.name);
    invariant(kind !== undefined, `the left side does not bind the attribute ${attr.name}`);
    invariant(
      kind === null || kind === kindOf(op, name),
      `${attr.name} is ${kind}; ${op.name} needs ${kindOf(op, name)}`,
    );
  }
  checkComplete(op, [...attrs.keys()], rest, bound);
}

/** Every attribute without a default is present, and the op has all attributes of `{..a}`. */
function checkComplete(op: Op, given: readonly string[], rest: string | null, bound: Bound): void {
  const carried = rest === null ? undefined : bound.rests.get(rest);
  invariant(rest === null || carried !== undefined, `the left side does not bind ..${rest}`);
  const names = Object.keys(carried?.attrs ?? {});
  const unknown = names.find((name) => !Object.hasOwn(op.attrs, name));
  invariant(unknown === undefined, `..${rest} carries ${unknown}, which ${op.name} does not have`);
  const missing = Object.keys(op.attrs).find(
    (name) => !given.includes(name) && !names.includes(name) && !Object.hasOwn(op.defaults, name),
  );
  invariant(missing === undefined, `${op.name} needs the attribute ${missing}`);
}

const kindOf = (op: Op, name: string): AttrKind | null => op.attrs[name] ?? null;
