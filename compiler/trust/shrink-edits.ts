// The ways to make a graph smaller, in the order in which they are tried. An edit may propose what is no graph: the search drops it.
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
  <T>(places: (graph: Graph) => readonly T[], apply: (graph: Graph, chosen: readonly T[]) => Graph | null): Edit =>
  (graph) => {
    const list = places(graph);
    return { count: list.length, apply: (from, to) => apply(graph, list.slice(from, to)) };
  };

const computed = (graph: Graph): readonly Node[] => graph.nodes.filter((node) => !isLeaf(node));

/** Names of inputs and paths, so that a new one is new. */
const names = (graph: Graph): Set<string> =>
  new Set(
    graph.nodes.flatMap((node) => (isArgument(node) ? [stringAttr(node.attrs, "name")] : (pathOf(node) ?? []))).concat(graph.writes.map(({ path }) => path)),
  );

// Results ---------------------------------------------------------------------------------------------------------------------------------------------

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

/** The nodes before a point alone; what the others took of them becomes outputs. */
const dropLateNodes: Edit = (graph) => {
  const nodes = computed(graph);
  return {
    count: nodes.length,
    apply: (from, to) => {
      const first = nodes[from];
      if (to !== nodes.length || first === undefined) return null;
      const before = new Set(graph.nodes.slice(0, graph.nodes.indexOf(first)));
      const wanted = new Set(graph.nodes.filter((node) => !before.has(node)).flatMap(({ operands }) => operands));
      const crossing = [...before].flatMap(({ results }) => results).filter((value) => wanted.has(value) && !isLeaf(value.node));
      return withValues(graph, [...before], crossing, (value) => before.has(value.node));
    },
  };
};

/** Instead of a result, what it was computed from. */
const stepBack = edit(
  (graph) => [...graph.outputs, ...graph.writes].filter(({ value }) => !isLeaf(value.node)),
  (graph, chosen) => {
    const values = new Set(chosen.map(({ value }) => value));
    const operands = [...values].flatMap(({ node }) => node.operands).filter(({ node }) => !isLeaf(node));
    return withValues(graph, graph.nodes, [...new Set(operands)], (value) => !values.has(value));
  },
);

/** The results that are `kept`, and outputs for values that are none yet. */
function withValues(graph: Graph, nodes: readonly Node[], values: readonly Value[], keeps: (value: Value) => boolean): Graph | null {
  const outputs = graph.outputs.filter(({ value }) => keeps(value));
  const writes = graph.writes.filter(({ value }) => keeps(value));
  const known = new Set([...outputs, ...writes].map(({ value }) => value));
  const taken = new Set(graph.outputs.map(({ name }) => name));
  const more = values.filter((value) => !known.has(value)).map((value) => ({ name: distinct(taken, "value"), value }));
  return withResults({ ...graph, nodes }, [...outputs, ...more], writes);
}

const withResults = (graph: Graph, outputs: Graph["outputs"], writes: Graph["writes"]): Graph | null =>
  outputs.length + writes.length === 0 ? null : { ...graph, outputs, writes };

// Values ----------------------------------------------------------------------------------------------------------------------------------------------

/** A node gives way to leaves of its types: inputs, or params where it belongs to the weights stage. */
const cut = edit(computed, (graph, chosen) => {
  const gone = new Set(chosen);
  const taken = names(graph);
  const fresh = (g: GraphBuilder, { node, type }: Value): Value => {
    const name = distinct(taken, "cut");
    return node.notes.stage === "weights" ? g.param(name, type) : g.input(name, type);
  };
  return substitute(graph, (g, value, old) => (gone.has(old.node) ? fresh(g, value) : null));
});

/** Inside of a region there are no new inputs: a node gives way to ones. */
const cutToOnes = edit(computed, (graph, chosen) => {
  const gone = new Set(chosen);
  return substitute(graph, (g, value, old) => (gone.has(old.node) ? g.constant(value.type, 1) : null));
});

/** A node gives way to the operand of its type, if it has one. */
const forward = (which: "first" | "last"): Edit =>
  edit(
    (graph) => computed(graph).filter((node) => operandLike(node, which) !== undefined),
    (graph, chosen) => {
      const gone = new Set(chosen);
      return substitute(graph, (_, value, old) => (gone.has(old.node) ? (operandLike(value.node, which) ?? null) : null));
    },
  );

function operandLike({ operands, results: [result, ...others] }: Node, which: "first" | "last"): Value | undefined {
  if (result === undefined || others.length > 0) return undefined;
  const like = operands.filter(({ type }) => sameType(type, result.type));
  return which === "first" ? like[0] : like.length > 1 ? like.at(-1) : undefined;
}

/** A value gives way to the first one of its type. */
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

/** Each value that has one of its type before it, with the first such. */
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

/** A dense constant becomes its first element everywhere, or one. */
const flatten = (pick: (values: readonly number[]) => number): Edit =>
  edit(
    (graph) => graph.nodes.filter((node) => isConstant(node) && node.results.every((value) => splatValue(value) === null)),
    (graph, chosen) => {
      const flat = new Set(chosen);
      return substitute(graph, (g, value, old) => (flat.has(old.node) ? g.constant(value.type, pick(listAttr(value.node.attrs, "values"))) : null));
    },
  );

/** What is given from outside becomes ones. */
const fix = edit(
  (graph) => graph.nodes.filter((node) => isLeaf(node) && !isConstant(node)),
  (graph, chosen) => {
    const fixed = new Set(chosen);
    return substitute(graph, (g, value, old) => (fixed.has(old.node) ? g.constant(value.type, 1) : null));
  },
);

// Regions ---------------------------------------------------------------------------------------------------------------------------------------------

/** The edit inside of every region, of regions inside them too; it must leave the regions' inputs, carries and outputs as they are. */
const inside =
  (local: Edit): Edit =>
  (graph) => {
    let count = 0;
    const regions = graph.nodes.flatMap((node) =>
      node.regions.map((region, index) => {
        const places = both(local)(region);
        count += places.count;
        return { node, index, places, end: count };
      }),
    );
    return {
      count,
      apply: (from, to) => {
        const changed = new Map<Node, Graph[]>();
        for (const { node, index, places, end } of regions) {
          const start = end - places.count;
          if (to <= start || from >= end) continue;
          const region = places.apply(Math.max(from - start, 0), Math.min(to - start, places.count));
          if (region === null) return null;
          changed.set(node, (changed.get(node) ?? [...node.regions]).with(index, swept(region, node.regions[index] ?? region)));
        }
        return remake(graph, (_, node) => ({ regions: changed.get(node) ?? node.regions }));
      },
    };
  };

/** In the graph and in its regions. */
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

/** Without what nothing in the region takes any more. Where nothing took it before the edit, it may matter: `dropUnused` sees to that. */
function swept(region: Graph, before: Graph): Graph {
  if (dropDead(before) === before) return dropDead(region);
  const taken = new Set(before.nodes.flatMap(({ operands }) => operands));
  const used = new Set<Value>(kept(region));
  const left = region.nodes.toReversed().filter((node) => {
    const stays = isArgument(node) || node.results.some((value) => used.has(value)) || !node.results.some((value) => taken.has(value));
    if (stays) node.operands.forEach((value) => used.add(value));
    return stays;
  });
  return { ...region, nodes: left.toReversed() };
}

/** Nodes of a region that nothing takes. */
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
