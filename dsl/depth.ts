import { spanFields } from "./equal.ts";
import type { Span } from "./span.ts";

/** Nested nodes from the file down to a name; long chains (`a |> b |> ...`) nest too, without brackets. */
export const maxDepth = 1000;

interface Spanned {
  readonly span: Span;
}

/** The first node deeper than the limit; null if the tree can be walked by recursion. Does not recurse itself. */
export function tooDeep(root: Spanned): Span | null {
  const waiting: { readonly value: object; readonly depth: number }[] = [{ value: root, depth: 0 }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { value, depth } = next;
    if (depth > maxDepth && spanned(value)) return value.span;
    for (const [key, child] of Object.entries(value)) {
      if (typeof child === "object" && child !== null && !spanFields.has(key))
        waiting.push({ value: child, depth: depth + (spanned(child) ? 1 : 0) });
    }
  }
  return null;
}

function spanned(value: object): value is Spanned {
  return "span" in value;
}
