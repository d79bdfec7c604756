import type { Span } from "../../../dsl/span.ts";
import { isGradient } from "../../graph/autodiff.ts";
import { pathOf } from "../../graph/facts.ts";
import type { Graph, Value } from "../../graph/ir.ts";
import type { Context, Declared } from "../context.ts";
import { report } from "../errors.ts";
import { spanKey } from "../values/frames.ts";

/**
 * Warns about params on which nothing depends: no output and no state of a layer, no loss, and no value that is written
 * otherwise than by an optimizer. One warning for the params of one location.
 */
export function checkParams(context: Context, graphs: readonly Graph[]): void {
  const { declared, copies } = context.program;
  const used = usedPaths(graphs, declared);
  const unused = new Map<string, { readonly span: Span; readonly paths: string[] }>();
  for (const { kind, path, span } of declared.values()) {
    // A copy of a model may hold values for others to read: gradients, masks, earlier params.
    if (kind !== "param" || used.has(path) || copies.has(path.split(".", 1).join())) continue;
    const same = unused.get(spanKey(span)) ?? { span, paths: [] };
    same.paths.push(path);
    unused.set(spanKey(span), same);
  }
  for (const { span, paths } of unused.values()) {
    const more = paths.length > 4 ? ` and ${paths.length - 3} more` : "";
    const names = (more === "" ? paths : paths.slice(0, 3)).map((path) => `\`${path}\``).join(", ");
    report(
      context,
      "W0642",
      span,
      `no result depends on the ${paths.length > 1 ? "params" : "param"} ${names}${more}`,
      {
        help: "use the value of the layer, or remove it",
      },
    );
  }
}

/** The paths of the params that matter. A gradient depends on a param if its loss does. */
function usedPaths(graphs: readonly Graph[], declared: ReadonlyMap<string, Declared>): ReadonlySet<string> {
  const reached = new Set<Value["node"]>();
  for (const { outputs, writes, nodes } of graphs) {
    for (const { value } of outputs) reached.add(value.node);
    for (const { path, value } of writes) {
      const state = declared.get(path);
      const trained =
        state?.kind === "param" ? value.node.provenance.attribution.role === "optimizer" : state?.role !== undefined;
      if (!trained) reached.add(value.node);
    }
    for (const node of nodes) if (isGradient(node)) reached.add(node);
  }
  // The set grows while it is visited.
  for (const each of reached)
    for (const { node } of isGradient(each) ? each.operands.slice(0, 1) : each.operands) reached.add(node);
  return new Set([...reached].flatMap((node) => pathOf(node) ?? []));
}
