// What each fact means, as a check.
import { isGradient } from "../graph/autodiff.ts";
import { isLeaf, pathOf } from "../graph/facts.ts";
import type { Graph, Node } from "../graph/ir.ts";
import { invariant } from "../support/invariant.ts";
import { sameType } from "../types/tensor-type.ts";
import type { Fact, PassOptions } from "./pass.ts";
import { stabilityOf } from "../analysis/stage.ts";

/** Nodes for which the fact does not hold. */
type Offenders = (graph: Graph, options: PassOptions) => readonly Node[];

const offenders = {
  differentiated: ({ nodes }) => nodes.filter(isGradient),
  simplified: ({ nodes }) => nodes.filter((node) => node.op.name === "stop_gradient" || idleView(node)),
  frozen: ({ nodes, writes }, { frozen, region = false }) =>
    region || writes.length > 0 ? [] : nodes.filter((node) => frozen?.has(pathOf(node) ?? "") ?? false),
  chosen: ({ nodes }) => nodes.filter((node) => node.op.form.kind === "contract" && node.op.form.contraction(siteOf(node)) === null),
  inlined: ({ nodes }) => nodes.filter((node) => node.op.form.kind === "inline"),
  staged: (graph) => {
    const stability = stabilityOf(graph);
    const late = (node: Node): boolean => stability(node) === "call" || node.operands.some((v) => !isLeaf(v.node) && v.node.notes.stage !== "weights");
    return graph.nodes.filter((node) => node.notes.stage === "weights" && late(node));
  },
  fused: ({ nodes }) => nodes.filter((node) => computes(node) && node.notes.group === undefined),
  planned: ({ nodes }) => nodes.filter((node) => computes(node) && node.notes.places === undefined),
} satisfies Record<Fact, Offenders>;

/** An invariant failure that names the first node for which the fact does not hold. */
export function checkFact(fact: Fact, graph: Graph, options: PassOptions): void {
  const check: Offenders = offenders[fact];
  const [node] = check(graph, options);
  invariant(node === undefined, `${graph.name} is not ${fact}: ${node?.op.name}`);
}

const siteOf = ({ operands, results, attrs }: Node) => ({ operands: operands.map((v) => v.type), results: results.map((v) => v.type), attrs });

/** A view of a view, or of its own type. */
function idleView({ op, operands, results }: Node): boolean {
  const [x, y] = [operands[0], results[0]];
  return op.form.kind === "view" && x !== undefined && y !== undefined && (x.node.op.form.kind === "view" || sameType(x.type, y.type));
}

const computes = ({ op }: Node): boolean => op.form.kind !== "leaf" && op.form.kind !== "view";
