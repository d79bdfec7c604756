import { never, present } from "../../support/invariant.ts";
import { at } from "../../support/lists.ts";
import { isFloat, sameType, type TensorType } from "../../types/tensor-type.ts";
import { brokenCondition, makeNode } from "../build.ts";
import type { Attrs, Node, Value } from "../ir.ts";
import type { Match } from "./match.ts";
import type { Op, OpTable } from "../op.ts";
import type { Provenance } from "../provenance.ts";
import type { Apply, Pattern } from "./parse.ts";

/** The result of the right side of a rule: its value, and the new nodes, operands first. */
export interface Built {
  readonly value: Value;
  readonly nodes: readonly Node[];
}

/**
 * Builds the right side for one match; null if an op's condition does not hold, or if the type differs from that of the
 * replaced value.
 */
export function buildRight(pattern: Pattern, match: Match, table: OpTable, provenance: () => Provenance): Built | null {
  const nodes: Node[] = [];
  const builder = new RightBuilder(match, table, nodes, provenance);
  const built = builder.build(pattern);
  const value = typeof built === "number" ? builder.splat(match.root.type, built) : built;
  return value !== null && sameType(value.type, match.root.type) ? { value, nodes } : null;
}

class RightBuilder {
  private readonly match: Match;
  private readonly table: OpTable;
  private readonly nodes: Node[];
  private readonly provenance: () => Provenance;

  constructor(match: Match, table: OpTable, nodes: Node[], provenance: () => Provenance) {
    this.match = match;
    this.table = table;
    this.nodes = nodes;
    this.provenance = provenance;
  }

  build(pattern: Pattern): Value | number | null {
    switch (pattern.kind) {
      case "number":
        return pattern.value;
      case "variable":
        return this.match.value(pattern.name);
      case "apply":
        return this.apply(pattern);
      default:
        return never(pattern);
    }
  }

  private apply({ op, args, attrs: named, rest }: Apply): Value | null {
    const parts = args.map((arg) => this.build(arg));
    if (!parts.every((part) => part !== null)) return null;
    const attrs: Attrs = {
      ...op.defaults,
      ...(rest === null ? {} : this.match.rest(rest)),
      ...Object.fromEntries(
        Array.from(named, ([name, attr]) => [name, attr.kind === "literal" ? attr.value : this.match.attr(attr.name)]),
      ),
    };
    const operands = this.operands(op, parts, attrs);
    if (operands === null) return null;
    const node = makeNode(op, operands, attrs, this.provenance(), notesOf(this.match.root.node));
    this.nodes.push(node);
    return node.results[0] ?? null;
  }

  /** A number takes the type of the first operand with which the op's conditions hold. */
  private operands(op: Op, parts: readonly (Value | number)[], attrs: Attrs): readonly Value[] | null {
    const types = parts.filter((part) => typeof part !== "number").map((part) => part.type);
    const candidates = types.length === 0 ? [undefined] : types;
    for (const like of candidates) {
      const all = parts.map((part) =>
        typeof part === "number" ? present(like, "a rule has no type for a number") : part.type,
      );
      if (brokenCondition(op, all, attrs) !== null) continue;
      const values = parts.map((part, index) => (typeof part === "number" ? this.splat(at(all, index), part) : part));
      return values.every((value) => value !== null) ? values : null;
    }
    return null;
  }

  /** Null if the dtype cannot represent the number. */
  splat({ dtype, shape }: TensorType, value: number): Value | null {
    if (!isFloat(dtype) && !Number.isInteger(value)) return null;
    const node = makeNode(
      present(this.table.get("constant"), "the table has no op constant"),
      [],
      { value, dtype, shape },
      this.provenance(),
    );
    this.nodes.push(node);
    return node.results[0] ?? null;
  }
}

/** New nodes keep the stage of the replaced node; groups and memory locations are assigned later. */
const notesOf = ({ notes: { stage } }: Node): { stage?: "weights" } => (stage === undefined ? {} : { stage });
