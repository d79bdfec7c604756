/**
 * Makes a graph smaller while something about it stays true: "this pass changes its values", "this target disagrees". What decides on the end of a loop stays as it is. Delta debugging: every edit is tried on
 * many places at once, then on halves of them, down to single ones, until no single step is left that keeps the property. The same graph and the same
 * answers give the same result.
 */
import type { Graph } from "../graph/ir.ts";
import { printGraph } from "../graph/print.ts";
import type { Edit } from "./edit.ts";
import { edits } from "./shrink-edits.ts";
import { mayHang, turningOf, type Turning } from "./shrink-regions.ts";
import { isSmaller, tidy } from "./shrink-size.ts";
import { verify } from "../graph/verify.ts";

export interface ShrinkOptions {
  /** How many candidates are tried at most. */
  readonly budget?: number;
  /** What it means when the question about a candidate ends with an error; by default that the candidate does not fail. */
  readonly errorsFail?: boolean;
}

const defaultBudget = 500;

/** The smallest graph found that still `fails`; the graph itself if no smaller one does. Every candidate verifies. */
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

/** The same where the question takes time. */
export async function shrinkGraphAsync(graph: Graph, fails: (candidate: Graph) => Promise<boolean>, options: ShrinkOptions = {}): Promise<Graph> {
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

/** Yields candidates, is told of each whether it still fails, and returns the smallest that does. */
function* candidates(graph: Graph, budget: number): Generator<Graph, Graph, boolean> {
  const search: Search = { best: graph, left: budget, seen: new Set([printGraph(graph)]), known: turningOf(graph) };
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
  /** What was tried, as text. */
  readonly seen: Set<string>;
  /** Of the graph to begin with. */
  readonly known: Turning;
}

/** One edit on all its places, then on halves, down to single ones; late places first. */
function* everywhere(search: Search, edit: Edit): Generator<Graph, void, boolean> {
  let places = edit(search.best);
  for (let size = places.count; size >= 1; size = Math.floor(size / 2)) {
    for (let end = places.count; end > 0; end = Math.min(end - size, places.count)) {
      const candidate = edited(search, places, Math.max(0, end - size), end);
      if (candidate === null) continue;
      if (search.left === 0) return;
      search.left--;
      if (!(yield candidate)) continue;
      search.best = candidate;
      places = edit(candidate);
    }
  }
}

/** The edited graph; null where it is no graph, no smaller one, or known. */
function edited({ best, seen, known }: Search, places: ReturnType<Edit>, from: number, to: number): Graph | null {
  try {
    const result = places.apply(from, to);
    if (result === null) return null;
    const candidate = tidy(result);
    if (!isSmaller(candidate, best) || mayHang(candidate, known)) return null;
    verify(candidate);
    const text = printGraph(candidate);
    if (seen.has(text)) return null;
    seen.add(text);
    return candidate;
  } catch {
    // An edit need not think of every rule of graphs: what breaks one is no candidate.
    return null;
  }
}
