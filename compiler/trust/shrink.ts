/**
 * Makes a graph smaller while a predicate stays true: "this pass changes its values", "this target disagrees". Delta
 * debugging (Zeller and Hildebrandt, 2002): applies each edit to all its sites at once, then to halves of them, down to
 * single sites, until no single step keeps the predicate true. The values that decide how long a loop runs stay.
 * Deterministic: the same graph and the same answers lead to the same result.
 */
import type { Graph } from "../graph/ir.ts";
import { printGraph } from "../graph/print.ts";
import type { Edit } from "./edit.ts";
import { edits } from "./shrink-edits.ts";
import { mayHang, terminationOf, type LoopTermination } from "./shrink-regions.ts";
import { isSmaller, tidy } from "./shrink-size.ts";
import { verify } from "../graph/verify.ts";

export interface ShrinkOptions {
  /** The number of candidates to try at most. */
  readonly budget?: number;
  /** Whether a candidate for which `fails` throws counts as failing; false by default. */
  readonly errorsFail?: boolean;
}

const defaultBudget = 500;

/**
 * The smallest graph found that still `fails`; the graph itself if no smaller one does. Every candidate is a valid
 * graph.
 */
export function shrinkGraph(graph: Graph, fails: (candidate: Graph) => boolean, options: ShrinkOptions = {}): Graph {
  const search = candidates(graph, options.budget ?? defaultBudget);
  let step = search.next();
  while (step.done !== true) {
    let failed: boolean;
    try {
      failed = fails(step.value);
    } catch {
      failed = options.errorsFail ?? false;
    }
    step = search.next(failed);
  }
  return step.value;
}

/** `shrinkGraph` with an asynchronous predicate. */
export async function shrinkGraphAsync(
  graph: Graph,
  fails: (candidate: Graph) => Promise<boolean>,
  options: ShrinkOptions = {},
): Promise<Graph> {
  const search = candidates(graph, options.budget ?? defaultBudget);
  let step = search.next();
  while (step.done !== true) {
    let failed: boolean;
    try {
      failed = await fails(step.value);
    } catch {
      failed = options.errorsFail ?? false;
    }
    step = search.next(failed);
  }
  return step.value;
}

/** Yields candidates, receives for each whether it still fails, and returns the smallest that does. */
function* candidates(graph: Graph, budget: number): Generator<Graph, Graph, boolean> {
  const search: Search = { best: graph, left: budget, seen: new Set([printGraph(graph)]), known: terminationOf(graph) };
  for (let before: Graph | null = null; before !== search.best;) {
    before = search.best;
    for (const edit of edits) yield* everywhere(search, edit);
  }
  return search.best;
}

interface Search {
  best: Graph;
  /** Candidates that may still be tried. */
  left: number;
  /** The texts of the candidates so far. */
  readonly seen: Set<string>;
  /** Of the original graph. */
  readonly known: LoopTermination;
}

/** Applies one edit to all its sites, then to halves, down to single sites; late sites first. */
function* everywhere(search: Search, edit: Edit): Generator<Graph, void, boolean> {
  let sites = edit(search.best);
  for (let size = sites.count; size >= 1; size = Math.floor(size / 2)) {
    for (let end = sites.count; end > 0; end = Math.min(end - size, sites.count)) {
      const candidate = edited(search, sites, Math.max(0, end - size), end);
      if (candidate === null) continue;
      if (search.left === 0) return;
      search.left--;
      if (!(yield candidate)) continue;
      search.best = candidate;
      sites = edit(candidate);
    }
  }
}

/** The edited graph; null if it is invalid, not smaller, or was tried before. */
function edited({ best, seen, known }: Search, sites: ReturnType<Edit>, from: number, to: number): Graph | null {
  try {
    const result = sites.apply(from, to);
    if (result === null) return null;
    const candidate = tidy(result);
    if (!isSmaller(candidate, best) || mayHang(candidate, known)) return null;
    verify(candidate);
    const text = printGraph(candidate);
    if (seen.has(text)) return null;
    seen.add(text);
    return candidate;
  } catch {
    // Edits do not check every rule of graphs; a graph that breaks one is not a candidate.
    return null;
  }
}
