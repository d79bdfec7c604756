import type { Callable } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import type { Context, DlValue, Trace } from "../context.ts";
import type { Frame } from "./frames.ts";
import { showTensor } from "./values.ts";

export const makeTrace = (): Trace => ({ shapes: [], applications: [], depth: 0 });

/** Records the type of a value in the user's text, if it holds tensors only. */
export function noteShape({ program }: Context, span: Span, value: DlValue): void {
  if (program.trace === null || program.library.has(span.source)) return;
  const says = typeOf(value);
  if (says !== null) program.trace.shapes.push({ span, says });
}

function typeOf(value: DlValue): string | null {
  switch (value.kind) {
    case "tensor":
      return showTensor(value);
    case "list":
    case "tuple": {
      const items = value.items.map(typeOf);
      return items.length === 0 || items.includes(null) ? null : `(${items.join(", ")})`;
    }
    case "record": {
      const fields = [...value.fields].map(([name, field]) => `${name}: ${typeOf(field)}`);
      return `{ ${fields.join(", ")} }`;
    }
    default:
      return null;
  }
}

/** Runs an application, and records its result and the nodes it made. */
export function traced(context: Context, declaration: Callable, frame: Frame, span: Span, run: () => DlValue): DlValue {
  const { trace, library } = context.program;
  const owns = declaration.kind === "model" || declaration.kind === "layer";
  if (trace === null || !(owns || (declaration.kind === "fn" && !library.has(span.source)))) return run();
  const { nodes } = context.builder;
  const [from, position] = [nodes.length, trace.applications.length];
  trace.depth++;
  const result = run();
  trace.depth--;
  const { kind, name } = declaration;
  const note = {
    kind,
    name: name.text,
    path: owns ? frame.path : "",
    depth: trace.depth,
    entry: context.entry,
    result,
    nodes: nodes.slice(from),
    iterations: iterationsOf(context),
  };
  // Before the applications inside it.
  trace.applications.splice(position, 0, note);
  return result;
}

const iterationsOf = ({ region }: Context): number =>
  region === null ? 1 : (region.carries?.iterations ?? 1) * iterationsOf(region.parent);
