import { spanFields } from "./equal.ts";

/** A node of a tree that has a kind: an expression, a statement, a pattern or a type. */
export interface Visited {
  readonly kind: string;
  /** Of an expression that is a name. */
  readonly text?: unknown;
}

/** All nodes of a tree, outer ones first, in the order of the source. */
export function* nodesIn(root: object): Generator<Visited> {
  if ("kind" in root && typeof root.kind === "string") yield root as Visited;
  for (const [key, child] of Object.entries(root))
    if (typeof child === "object" && child !== null && !spanFields.has(key)) yield* nodesIn(child as object);
}

/** The names that the expressions of a tree read, whatever they mean there. */
export function* namesRead(root: object): Generator<string> {
  for (const { kind, text } of nodesIn(root)) if (kind === "name" && typeof text === "string") yield text;
}
