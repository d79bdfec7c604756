import { spanFields } from "./equal.ts";
import type { Span } from "./span.ts";

/** Nested nodes from the file down to a name; long chains (`a |> b |> ...`) nest too, without brackets. */
export const maxDepth = 1000;

interface Spanned {
  readonly span: Span;
}

/** A node deeper than the limit; null if the tree can be walked by recursion. Does not recurse itself. */
export function tooDeep(root: Spanned): Span | null {
  let level: object[] = [root];
  for (let depth = 0; depth <= maxDepth; depth++) {
    const next: Spanned[] = [];
    // The level grows by the lists in it, which have no span and so no depth.
    for (const node of level)
      for (const key of Object.keys(node)) {
        const child = (node as Readonly<Record<string, unknown>>)[key];
        if (typeof child !== "object" || child === null || spanFields.has(key)) continue;
        if (spanned(child)) next.push(child);
        else level.push(child);
      }
    if (depth === maxDepth) return next.at(-1)?.span ?? null;
    if (next.length === 0) return null;
    level = next;
  }
  return null;
}

function spanned(value: object): value is Spanned {
  return "span" in value;
}
