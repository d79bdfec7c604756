// A check of each fact.
import { isGradient } from "../graph/autodiff.ts";
import { isLeaf, siteOf } from "../graph/facts.ts";
import type { Graph, Node } from "../graph/ir.ts";
import { invariant } from "../support/invariant.ts";
import type { Fact } from "./pass.ts";
import { stageOf } from "../analysis/stage.ts";

/** Nodes for which the fact does not hold. */
type Offenders = (graph: Graph) => readonly Node[];

const offenders = {
  differentiated: ({ nodes }) => nodes.filter(isGradient),
  chosen: ({ nodes }) =>
    nodes.filter((node) => node.op.form.kind === "contract" && node.op.form.contraction(siteOf(node)) === null),
  inlined: ({ nodes }) => nodes.filter((node) => node.op.form.kind === "inline"),
  staged: (graph) => {
    const stage = stageOf(graph);
    const late = (node: Node): boolean =>
      stage(node) === "call" || node.operands.some((v) => !isLeaf(v.node) && v.node.notes.stage !== "weights");
    return graph.nodes.filter((node) => node.notes.stage === "weights" && late(node));
  },
  fused: ({ nodes }) => nodes.filter((node) => computes(node) && node.notes.group === undefined),
  planned: ({ nodes }) => nodes.filter((node) => computes(node) && node.notes.locations === undefined),
} satisfies Record<Fact, Offenders>;

/** An invariant failure that names the first node for which the fact does not hold. */
export function checkFact(fact: Fact, graph: Graph): void {
  const check: Offenders = offenders[fact];
  const [node] = check(graph);
  invariant(node === undefined, `${graph.name} is not ${fact}: ${node?.op.name}`);
}

const computes = ({ op }: Node): boolean => op.form.kind !== "leaf" && op.form.kind !== "view";
