import { invariant, never, present } from "../../support/invariant.ts";
import { at } from "../../support/lists.ts";
import type { TensorType } from "../../types/tensor-type.ts";
import { intAttr, isSplat, listAttr, sameAttr, sameAttrs, splatValue } from "../facts.ts";
import type { Attr, Attrs, Value } from "../ir.ts";
import type { Provenance } from "../provenance.ts";
import type { Apply, Pattern, RuleAttr } from "./parse.ts";

/**
 * The bindings of the left side of a rule, for guards and computed attributes. An unbound name is an invariant failure.
 */
export class Match {
  /** The value to replace. */
  readonly root: Value;
  private readonly values = new Map<string, Value>();
  private readonly attributes = new Map<string, Attr>();
  private readonly rests = new Map<string, Attrs>();
  private readonly uses: (value: Value) => number;

  constructor(root: Value, uses: (value: Value) => number) {
    this.root = root;
    this.uses = uses;
  }

  value(name: string): Value {
    return present(this.values.get(name), `the rule binds no value ${name}`);
  }

  type(name: string): TensorType {
    return this.value(name).type;
  }

  /** The number that a splat constant repeats; null for any other value. */
  splat(name: string): number | null {
    return splatValue(this.value(name));
  }

  /** Whether only this match uses the value. Conservative: never true if another user exists. */
  onlyUse(name: string): boolean {
    return this.uses(this.value(name)) <= 1;
  }

  attr(name: string): Attr {
    return present(this.attributes.get(name), `the rule binds no attribute ${name}`);
  }

  int(name: string): number {
    return intAttr({ [name]: this.attr(name) }, name);
  }

  ints(name: string): readonly number[] {
    return listAttr({ [name]: this.attr(name) }, name);
  }

  /** All attributes bound by `{..name}`. */
  rest(name: string): Attrs {
    return present(this.rests.get(name), `the rule binds no attributes ..${name}`);
  }

  /** Whether the value matches the pattern; binds the pattern's names. After a failure the bindings are invalid. */
  matches(pattern: Pattern, value: Value): boolean {
    switch (pattern.kind) {
      case "number":
        return isSplat(value, pattern.value);
      case "variable":
        return bind(this.values, pattern.name, value, Object.is);
      case "apply":
        return this.matchesApply(pattern, value);
      default:
        return never(pattern);
    }
  }

  private matchesApply({ op, args, attrs, rest, alias }: Apply, value: Value): boolean {
    const { node } = value;
    if (node.op !== op || node.results.length !== 1 || node.operands.length !== args.length) return false;
    return (
      args.every((arg, index) => this.matches(arg, at(node.operands, index))) &&
      Array.from(attrs).every(([name, attr]) => this.matchesAttr(attr, node.attrs[name])) &&
      (rest === null || bind(this.rests, rest, node.attrs, sameAttrs)) &&
      (alias === null || bind(this.values, alias, value, Object.is))
    );
  }

  private matchesAttr(pattern: RuleAttr, attr: Attr | undefined): boolean {
    if (attr === undefined) return false;
    return pattern.kind === "literal"
      ? sameAttr(pattern.value, attr)
      : bind(this.attributes, pattern.name, attr, sameAttr);
  }

  /** Adds an attribute that the rule computes. */
  give(name: string, attr: Attr): void {
    invariant(!this.attributes.has(name), `the rule binds ${name} twice`);
    this.attributes.set(name, attr);
  }
}

/** Whether the value has the ops and numbers of the pattern: a quick test without bindings, before the match. */
export function resembles(pattern: Pattern, value: Value): boolean {
  if (pattern.kind === "variable") return true;
  if (pattern.kind === "number") return isSplat(value, pattern.value);
  const { op, operands } = value.node;
  return (
    op === pattern.op &&
    pattern.args.every((arg, index) => {
      const operand = operands[index];
      return operand !== undefined && resembles(arg, operand);
    })
  );
}

/** The nodes that a pattern matches, the root first. */
export function matchedBy(pattern: Pattern, { node }: Value): readonly Provenance[] {
  if (pattern.kind !== "apply") return [];
  return [node.provenance, ...pattern.args.flatMap((arg, index) => matchedBy(arg, at(node.operands, index)))];
}

/** A name that occurs twice must have the same meaning both times. */
function bind<T>(names: Map<string, T>, name: string, value: T, same: (a: T, b: T) => boolean): boolean {
  const other = names.get(name);
  if (other !== undefined) return same(other, value);
  names.set(name, value);
  return true;
}
