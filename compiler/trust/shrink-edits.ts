// The edits that make a graph smaller, in the order of the search. An edit may return an invalid graph: the search
// drops it.
import { sameType, showType } from "../types/tensor-type.ts";
import type { GraphBuilder } from "../graph/build.ts";
import { isConstant, isLeaf, listAttr, pathOf, splatValue, stringAttr, isArgument } from "../graph/facts.ts";
import { distinct } from "../graph/inline.ts";
import type { Graph, Node, Value } from "../graph/ir.ts";
import { dropDead, kept } from "../graph/rebuild.ts";
import { remake, substitute } from "./remake.ts";
import { carriesToInvariants, inlineRegions, trimSignatures } from "./shrink-regions.ts";
import type { Edit } from "./edit.ts";
import { resizings } from "./shrink-dims.ts";

const edit =
  <T>(sites: (graph: Graph) => readonly T[], apply: (graph: Graph, chosen: readonly T[]) => Graph | null): Edit =>
  (graph) => {
    const list = sites(graph);
    return { count: list.length, apply: (from, to) => apply(graph, list.slice(from, to)) };
  };

const computed = (graph: Graph): readonly Node[] => graph.nodes.filter((node) => !isLeaf(node));

/** Names of inputs and paths, which a new input must not take. */
const names = (graph: Graph): Set<string> =>
  new Set(
    graph.nodes
      .flatMap((node) => (isArgument(node) ? [stringAttr(node.attrs, "name")] : (pathOf(node) ?? [])))
      .concat(graph.writes.map(({ path }) => path)),
  );

// Results
// ---------------------------------------------------------------------------------------------------------------------

const dropResults = edit(
  (graph) => [...graph.outputs, ...graph.writes],
  (graph, chosen) => {
    const gone = new Set<unknown>(chosen);
    return withResults(
      graph,
      graph.outputs.filter((output) => !gone.has(output)),
      graph.writes.filter((write) => !gone.has(write)),
    );
  },
);

/** Keeps only the nodes before a point; values that later nodes used become outputs. */
const dropLateNodes: Edit = (graph) => {
  const nodes = computed(graph);
  return {
    count: nodes.length,
    apply: (from, to) => {
      const first = nodes[from];
      if (to !== nodes.length || first === undefined) return null;
      const before = new Set(graph.nodes.slice(0, graph.nodes.indexOf(first)));
      const wanted = new Set(graph.nodes.filter((node) => !before.has(node)).flatMap(({ operands }) => operands));
      const crossing = [...before]
        .flatMap(({ results }) => results)
        .filter((value) => wanted.has(value) && !isLeaf(value.node));
      return withValues(graph, [...before], crossing, (value) => before.has(value.node));
    },
  };
};

/** Replaces a result with the operands of its node. */
const stepBack = edit(
  (graph) => [...graph.outputs, ...graph.writes].filter(({ value }) => !isLeaf(value.node)),
  (graph, chosen) => {
    const values = new Set(chosen.map(({ value }) => value));
    const operands = [...values].flatMap(({ node }) => node.operands).filter(({ node }) => !isLeaf(node));
    return withValues(graph, graph.nodes, [...new Set(operands)], (value) => !values.has(value));
  },
);

/** Keeps the results for which `keeps` is true, and adds outputs for the `values` that are not results yet. */
function withValues(
  graph: Graph,
  nodes: readonly Node[],
  values: readonly Value[],
  keeps: (value: Value) => boolean,
): Graph | null {
  const outputs = graph.outputs.filter(({ value }) => keeps(value));
  const writes = graph.writes.filter(({ value }) => keeps(value));
  const known = new Set([...outputs, ...writes].map(({ value }) => value));
  const taken = new Set(graph.outputs.map(({ name }) => name));
  const more = values.filter((value) => !known.has(value)).map((value) => ({ name: distinct(taken, "value"), value }));
  return withResults({ ...graph, nodes }, [...outputs, ...more], writes);
}

const withResults = (graph: Graph, outputs: Graph["outputs"], writes: Graph["writes"]): Graph | null =>
  outputs.length + writes.length === 0 ? null : { ...graph, outputs, writes };

// Values
// ---------------------------------------------------------------------------------------------------------------------

/** Replaces a node with leaves of the same types: inputs, or params if it belongs to the weights stage. */
const cut = edit(computed, (graph, chosen) => {
  const gone = new Set(chosen);
  const taken = names(graph);
  const fresh = (g: GraphBuilder, { node, type }: Value): Value => {
    const name = distinct(taken, "cut");
    return node.notes.stage === "weights" ? g.param(name, type) : g.input(name, type);
  };
  return substitute(graph, (g, value, old) => (gone.has(old.node) ? fresh(g, value) : null));
});

/** Replaces a node with ones; for regions, which cannot have new inputs. */
const cutToOnes = edit(computed, (graph, chosen) => {
  const gone = new Set(chosen);
  return substitute(graph, (g, value, old) => (gone.has(old.node) ? g.constant(value.type, 1) : null));
});

/** Replaces a node with its first or last operand of the same type. */
const forward = (which: "first" | "last"): Edit =>
  edit(
    (graph) => computed(graph).filter((node) => operandLike(node, which) !== undefined),
    (graph, chosen) => {
      const gone = new Set(chosen);
      return substitute(graph, (_, value, old) =>
        gone.has(old.node) ? (operandLike(value.node, which) ?? null) : null,
      );
    },
  );

function operandLike({ operands, results: [result, ...others] }: Node, which: "first" | "last"): Value | undefined {
  if (result === undefined || others.length > 0) return undefined;
  const like = operands.filter(({ type }) => sameType(type, result.type));
  return which === "first" ? like[0] : like.length > 1 ? like.at(-1) : undefined;
}

/** Replaces a value with the first value of the same type. */
const join = edit(
  (graph) => laterOfType(graph).map(([value]) => value),
  (graph, chosen) => {
    const gone = new Set(chosen);
    const first = new Map(laterOfType(graph));
    const now = new Map<Value, Value>();
    return substitute(graph, (_, value, old) => {
      now.set(old, value);
      const other = first.get(old);
      return gone.has(old) && other !== undefined ? (now.get(other) ?? null) : null;
    });
  },
);

/** Each value that follows another of the same type, with the first of that type. */
function laterOfType(graph: Graph): readonly (readonly [Value, Value])[] {
  const firsts = new Map<string, Value>();
  return graph.nodes.flatMap((node) =>
    node.results.flatMap((value) => {
      if (isConstant(node)) return [];
      const type = showType(value.type);
      const first = firsts.get(type) ?? value;
      firsts.set(type, first);
      return first.node === node ? [] : [[value, first] as const];
    }),
  );
}

/** Replaces a dense constant with a splat of one number. */
const flatten = (pick: (values: readonly number[]) => number): Edit =>
  edit(
    (graph) =>
      graph.nodes.filter((node) => isConstant(node) && node.results.every((value) => splatValue(value) === null)),
    (graph, chosen) => {
      const flat = new Set(chosen);
      return substitute(graph, (g, value, old) =>
        flat.has(old.node) ? g.constant(value.type, pick(listAttr(value.node.attrs, "values"))) : null,
      );
    },
  );

/** Replaces inputs, params and states with ones. */
const fix = edit(
  (graph) => graph.nodes.filter((node) => isLeaf(node) && !isConstant(node)),
  (graph, chosen) => {
    const fixed = new Set(chosen);
    return substitute(graph, (g, value, old) => (fixed.has(old.node) ? g.constant(value.type, 1) : null));
  },
);

// Regions
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Applies the edit inside every region, nested ones too. The edit must not change the inputs, carries and outputs of
 * the region.
 */
const inside =
  (local: Edit): Edit =>
  (graph) => {
    let count = 0;
    const regions = graph.nodes.flatMap((node) =>
      node.regions.map((region, index) => {
        const sites = both(local)(region);
        count += sites.count;
        return { node, index, sites, end: count };
      }),
    );
    return {
      count,
      apply: (from, to) => {
        const changed = new Map<Node, Graph[]>();
        for (const { node, index, sites, end } of regions) {
          const start = end - sites.count;
          if (to <= start || from >= end) continue;
          const region = sites.apply(Math.max(from - start, 0), Math.min(to - start, sites.count));
          if (region === null) return null;
          changed.set(
            node,
            (changed.get(node) ?? [...node.regions]).with(index, swept(region, node.regions[index] ?? region)),
          );
        }
        return remake(graph, (_, node) => ({ regions: changed.get(node) ?? node.regions }));
      },
    };
  };

/** Applies the edit in the graph and in its regions. */
const both =
  (local: Edit): Edit =>
  (graph) => {
    const [here, inner] = [local(graph), inside(local)(graph)];
    return {
      count: here.count + inner.count,
      apply: (from, to) => {
        const deep = to > here.count ? inner.apply(Math.max(0, from - here.count), to - here.count) : graph;
        return deep === null || from >= here.count ? deep : local(deep).apply(from, Math.min(to, here.count));
      },
    };
  };

/**
 * Drops nodes that became unused by the edit. Nodes that were unused before may matter to the failure: `dropUnused`
 * tries those.
 */
function swept(region: Graph, before: Graph): Graph {
  if (dropDead(before) === before) return dropDead(region);
  const taken = new Set(before.nodes.flatMap(({ operands }) => operands));
  const used = new Set<Value>(kept(region));
  const left = region.nodes.toReversed().filter((node) => {
    const stays =
      isArgument(node) ||
      node.results.some((value) => used.has(value)) ||
      !node.results.some((value) => taken.has(value));
    if (stays) node.operands.forEach((value) => used.add(value));
    return stays;
  });
  return { ...region, nodes: left.toReversed() };
}

/** Drops unused nodes of a region. */
const dropUnused = edit(
  (graph) => {
    const used = new Set([...graph.nodes.flatMap(({ operands }) => operands), ...kept(graph)]);
    return graph.nodes.filter((node) => !isArgument(node) && !node.results.some((value) => used.has(value)));
  },
  (graph, chosen) => {
    const gone = new Set(chosen);
    return { ...graph, nodes: graph.nodes.filter((node) => !gone.has(node)) };
  },
);

export const edits: readonly Edit[] = [
  dropResults,
  dropLateNodes,
  cut,
  stepBack,
  both(inlineRegions),
  both(carriesToInvariants),
  inside(dropUnused),
  inside(forward("first")),
  inside(cutToOnes),
  both(trimSignatures),
  forward("first"),
  forward("last"),
  inside(forward("last")),
  both(join),
  flatten((values) => values[0] ?? 0),
  flatten(() => 1),
  both(fix),
  resizings,
];
