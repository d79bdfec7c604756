/**
 * Rewrite rules, written in the language of the graph's text:
 *
 *   rule("x * 1 => x")
 *   rule("neg(neg(x)) => x")
 *   rule("reshape(reshape(x)){..s} => reshape(x){..s}")
 *   rule("transpose(transpose(x){perm=p}){perm=q} => transpose(x){perm=r}", {
 *     computed: { r: (m) => m.ints("q").map((i) => m.ints("p")[i] ?? 0) },
 *   })
 *   rule("conv(y: mul(x, s), w){..a} => conv(x, w){..a}", (m) => m.splat("s") === 1 && m.onlyUse("y"))
 *
 * Syntax:
 * - a name is any value; the same name twice is the same value twice. `y: op(...)` also names the value of the op;
 * - a number on the left is a splat constant of exactly that number (0 is not -0), on the right one of the required
 *   type;
 * - `+ - * /` are add, sub, mul, div, and `-x` is neg; all other ops are calls;
 * - `{..a}` is all attributes of an op, `{axes}` or `{axes=p}` one of them by name, `{axes=[0]}` one with a value.
 *   Attributes that a left side does not mention may have any value; a right side needs all attributes without a
 *   default.
 *
 * Rules for writing rules:
 * - The right side is never worse than the left: fewer nodes, or cheaper ones, or the canonical form of something.
 * - Constants are right operands: one rule moves them there, and all other rules rely on it. The matcher knows no other
 *   commutativity; if both orders matter, write both rules.
 * - No rule undoes another: every chain of firings must end.
 * - A rule must not duplicate work: guard a part that other nodes may use with `onlyUse`, unless the remaining nodes
 *   are free.
 * - Document any effect on NaN, infinities and -0. `x * 0 => 0` is not a rule.
 * - Shapes guard themselves: a rule fires only where both sides have the same type and the conditions of the ops on the
 *   right hold.
 * - The first rule that fires wins; put special cases before general ones. Each rule fires in some test.
 *
 * Rules are parsed when `ruleSet` is called, as the module loads: an unknown op, a wrong arity, or a name on the right
 * that the left does not bind is an invariant failure then. Sweeps over the graph, operands first, repeat until no rule
 * fires; rules apply to new nodes at once, within the sweep.
 */
import { DiagnosticError } from "../../../dsl/diagnostic-error.ts";
import { fail, invariant, InvariantError } from "../../support/invariant.ts";
import { at } from "../../support/lists.ts";
import type { GraphBuilder } from "../build.ts";
import type { Attr, Graph, Node, Value } from "../ir.ts";
import type { Op, OpTable } from "../op.ts";
import type { Origin } from "../provenance.ts";
import { append, dropDead, onOperands, rebuild } from "../rebuild.ts";
import { exitValues } from "../regions.ts";
import { buildRight, type Built } from "./build.ts";
import { checkRule } from "./check.ts";
import { RewriteLog } from "./log.ts";
import { Match, matchedBy, resembles } from "./match.ts";
import { parseRule, type RuleTrees } from "./parse.ts";
import { resultOf } from "../facts.ts";

export { Match } from "./match.ts";

export type Guard = (match: Match) => boolean;

export interface RuleOptions {
  /** The rule fires only if this returns true. */
  readonly when?: Guard;
  /** Attributes of the right side that are computed from the match; null if the rule does not fire. */
  readonly computed?: Readonly<Record<string, (match: Match) => Attr | null>>;
}

/** A rule before it is parsed with an op table. */
export interface RuleText extends RuleOptions {
  readonly text: string;
}

export interface Rule extends RuleText, RuleTrees {
  /** The number of firings since the module was loaded; tests check that each rule fires. */
  fired: number;
}

export interface RuleSet {
  readonly table: OpTable;
  readonly rules: readonly Rule[];
  /** By the op at the root of the left side, in order. */
  readonly byOp: ReadonlyMap<Op, readonly Rule[]>;
}

export const rule = (text: string, options: Guard | RuleOptions = {}): RuleText => ({
  text,
  ...(typeof options === "function" ? { when: options } : options),
});

/** Parses and checks the rules; a string is a rule without a guard. */
export function ruleSet(table: OpTable, rules: readonly (RuleText | string)[]): RuleSet {
  const loaded = rules.map((item) => load(typeof item === "string" ? rule(item) : item, table));
  return { table, rules: loaded, byOp: Map.groupBy(loaded, ({ left }) => left.op) };
}

function load(item: RuleText, table: OpTable): Rule {
  try {
    const trees = parseRule(item.text, table);
    checkRule(trees, Object.keys(item.computed ?? {}));
    return { ...item, ...trees, fired: 0 };
  } catch (error) {
    const says =
      error instanceof InvariantError
        ? error.reason
        : error instanceof DiagnosticError
          ? error.diagnostics.map((d) => d.says).join(", ")
          : String(error);
    return fail(`the rule "${item.text}": ${says}`);
  }
}

/** A longer chain, each rule firing on the result of the one before, is taken for an endless one. */
const longestChain = 200;

/**
 * Applies the rules until none fires or the log is full, and drops dead nodes. Returns the graph itself if no rule
 * fires.
 */
export function rewrite(graph: Graph, rules: RuleSet, log = new RewriteLog()): Graph {
  let limit = 100 * (graph.nodes.length + 100);
  for (let current = graph; ;) {
    const sweep = new Sweep(current, rules, limit, log);
    const next = sweep.run();
    if (sweep.fired === 0) return current;
    limit -= sweep.fired;
    current = dropDead(next);
  }
}

/** One pass over the nodes in order. */
class Sweep {
  fired = 0;
  private chain = 0;
  private readonly graph: Graph;
  private readonly rules: RuleSet;
  private readonly limit: number;
  private readonly log: RewriteLog;
  /** The number of uses of each value. An upper bound: uses by replaced nodes count until the next sweep. */
  private readonly uses = new Map<Value, number>();

  constructor(graph: Graph, rules: RuleSet, limit: number, log: RewriteLog) {
    this.graph = graph;
    this.rules = rules;
    this.limit = limit;
    this.log = log;
    for (const node of graph.nodes) for (const operand of node.operands) this.use(operand, 1);
    for (const value of exitValues(graph)) this.use(value, 1);
  }

  run(): Graph {
    return rebuild(this.graph, (builder, node, operands) => {
      const results = this.settle(builder, node, operands);
      node.results.forEach((old, index) => {
        const value = results[index];
        if (value !== undefined && value !== old) this.use(value, this.uses.get(old) ?? 0);
      });
      return results;
    });
  }

  private use(value: Value, times: number): void {
    this.uses.set(value, (this.uses.get(value) ?? 0) + times);
  }

  /** Appends a node, or its replacement by the rules. */
  private settle(builder: GraphBuilder, node: Node, operands: readonly Value[]): readonly Value[] {
    const [result, second] = node.results;
    const candidates = this.rules.byOp.get(node.op);
    if (candidates === undefined || result === undefined || second !== undefined)
      return append(builder, node, operands).results;
    const current = onOperands(node, operands);
    const built = this.firstToFire(candidates, resultOf(current));
    return built === null ? append(builder, current, operands).results : [this.settleBuilt(builder, built)];
  }

  /** Applies the rules to the nodes that a rule has made, operands first. */
  private settleBuilt(builder: GraphBuilder, { value, nodes }: Built): Value {
    const settled = new Map<Value, Value>();
    this.chain++;
    for (const node of nodes) {
      const operands = node.operands.map((operand) => settled.get(operand) ?? operand);
      for (const operand of operands) this.use(operand, 1);
      const results = this.settle(builder, node, operands);
      node.results.forEach((old, index) => settled.set(old, at(results, index)));
    }
    this.chain--;
    return settled.get(value) ?? value;
  }

  private firstToFire(candidates: readonly Rule[], root: Value): Built | null {
    if (this.log.isFull) return null;
    for (const candidate of candidates) {
      const built = this.attempt(candidate, root);
      if (built === null) continue;
      candidate.fired++;
      this.fired++;
      this.log.add(candidate.text);
      invariant(
        this.fired <= this.limit && this.chain < longestChain,
        `the rules do not terminate; the last that fired is "${candidate.text}"`,
      );
      return built;
    }
    return null;
  }

  private attempt({ text, left, right, when, computed }: Rule, root: Value): Built | null {
    if (!resembles(left, root)) return null;
    const match = new Match(root, (value) => this.uses.get(value) ?? 0);
    if (!match.matches(left, root) || (when !== undefined && !when(match))) return null;
    for (const [name, compute] of Object.entries(computed ?? {})) {
      const attr = compute(match);
      if (attr === null) return null;
      match.give(name, attr);
    }
    const { lineage } = this.graph;
    let origin: Origin | null = null;
    return buildRight(right, match, this.rules.table, () =>
      lineage.made(root.node.provenance.attribution, (origin ??= lineage.origin(matchedBy(left, root), text))),
    );
  }
}
