import type { Span } from "../../dsl/span.ts";
import type { Value as GraphValue } from "../graph/ir.ts";
import { sameType, showType } from "../types/tensor-type.ts";
import type { Context, Declared, DlValue, Env } from "./context.ts";
import { report } from "./errors.ts";
import type { Frame } from "./frames.ts";
import { makeTensor } from "./values.ts";

/** Makes a param or state of the program known in this entry; its type must be the same wherever it is used. Null after a report. */
export function declare(context: Context, declared: Declared, at: Span): Declared | null {
  const { program } = context;
  const known = program.declared.get(declared.path);
  if (known === undefined) {
    program.declared.set(declared.path, declared);
    return declared;
  }
  if (sameType(known.type, declared.type) && known.kind === declared.kind) return known;
  report(context, "E0312", at, `${declared.kind} ${declared.path} is ${showType(declared.type)} here and ${showType(known.type)} elsewhere`, {
    also: [{ span: known.span, says: `first declared as ${showType(known.type)}` }],
    help: "a param is shared by all entries and sets of dims, so its shape must not depend on what differs between them",
  });
  return null;
}

/** The value at this point of the entry: what was written last, or what the call found. */
export function read(env: Env, declared: Declared, span: Span): DlValue {
  const { context } = env;
  const versions = context.versions.get(declared.path);
  const last = versions?.at(-1);
  if (declared.kind === "param") touch(context, env.frame, declared.path);
  return makeTensor(context.builder, last ?? leaf(context, declared), span);
}

/** The value that the call finds. */
export function leaf(context: Context, declared: Declared): GraphValue {
  const { builder } = context;
  const before = builder.span;
  builder.span = declared.span;
  const value = declared.kind === "param" ? builder.param(declared.path, declared.type) : builder.state(declared.path, declared.type);
  builder.span = before;
  context.versions.set(declared.path, [value]);
  return value;
}

export function write(context: Context, path: string, value: GraphValue): void {
  context.versions.set(path, [...(context.versions.get(path) ?? []), value]);
}

/** Notes a param under every model and layer whose application is running. */
function touch(context: Context, frame: Frame, path: string): void {
  for (let at: Frame | null = frame; at !== null; at = at.parent) {
    const under = context.paramsUnder.get(at.path) ?? new Set<string>();
    under.add(path);
    context.paramsUnder.set(at.path, under);
  }
}
