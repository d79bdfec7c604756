// After a mistake, what was not reached because of it is evaluated for its diagnostics alone, so that one run
// reports all independent mistakes. What the first mistake left unknown is the error value, which reports nothing.
import type { Block, Callable, Pattern } from "../../dsl/ast.ts";
import type { Context, Env, Loop, Scope } from "./context.ts";
import { namesIn, packKey, sizeBinding, sizesOf } from "./types/dims.ts";
import { makeFrame } from "./values/frames.ts";
import { bindPattern } from "./values/pattern.ts";
import { makeScope, within } from "./values/scope.ts";
import { ERROR, isPack } from "./values/values.ts";

/** A block that cannot be evaluated as usual: these patterns have no value. */
export function exploreBlock(
  env: Env,
  block: Block,
  unknown: readonly Pattern[] = [],
  loop: Loop | null = env.loop,
): void {
  const inner: Env = { ...env, scope: makeScope(env.scope), loop };
  for (const pattern of unknown) bindPattern(inner, pattern, ERROR);
  const { exploration } = env.context.program;
  const before = exploration.active;
  exploration.active = true;
  inner.context.block(inner, block);
  exploration.active = before;
}

/** Blocks that may only be valid under a condition with a mistake: nothing but their unknown names is reported. */
export function exploreNames(env: Env, explore: (env: Env) => void): void {
  const { exploration } = env.context.program;
  const before = exploration.namesOnly;
  exploration.namesOnly = true;
  explore(within(env, makeScope(env.scope)));
  exploration.namesOnly = before;
}

/** The body of a function, model or layer of the program whose arguments have a mistake; once per program. */
export function exploreCallable(context: Context, declaration: Callable, scope: Scope): void {
  const { program } = context;
  if (program.library.has(declaration.span.source) || program.exploration.explored.has(declaration)) return;
  program.exploration.explored.add(declaration);
  const inner = makeScope(scope);
  for (const { name, type } of [...declaration.statics, ...declaration.params]) {
    for (const unknown of sizesOf(type).flatMap(namesIn))
      if (inner.find(unknown)?.kind !== "dim" && sizeBinding(inner, unknown)?.kind !== "constant")
        inner.bindValue(unknown, ERROR);
    if (type.kind === "tensor") {
      for (const dim of type.dims) if (isPack(dim)) inner.bindValue(packKey(dim.name.text), ERROR);
      if (/^[A-Z]$/.test(type.dtype.text)) inner.bindValue(type.dtype.text, ERROR);
    }
    inner.bindValue(name.text, ERROR, name.span);
  }
  const path = `explored ${declaration.name.text}`;
  const kind = declaration.kind === "fn" ? "entry" : declaration.kind;
  exploreBlock(
    { context, scope: inner, frame: makeFrame(kind, path, null), update: null, loop: null, body: declaration.kind },
    declaration.body,
  );
}
