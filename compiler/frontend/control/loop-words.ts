import type { Carry, Name, Stmt } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import { didYouMean } from "../../../dsl/suggest.ts";
import type { Context, DlValue, Env, Loop } from "../context.ts";
import { report } from "../errors.ts";
import { localize } from "./regions.ts";

/** `next h = ...` */
export function setNext(env: Env, statement: Stmt & { kind: "next" }): void {
  const { context } = env;
  const { name, span } = statement;
  const value = context.evaluate(env, statement.value);
  if (env.loop === null) {
    report(context, "E0621", span, nextOutside, {
      help:
        context.region === null
          ? "write a state with `<-`"
          : "move it out of the inner block: next h = cond p { a } else { b }",
    });
    return;
  }
  const loop = loopWith(env, name.text);
  if (loop === null) {
    unknownCarry(env, name);
    return;
  }
  const before = loop.nexts.get(name.text);
  if (before !== undefined)
    report(context, "E0202", name.span, `duplicate \`next ${name.text}\``, {
      also: [{ span: before.span, says: "first set here" }],
    });
  loop.nexts.set(name.text, { value, span: statement.value.span });
}

/** `next h` as a value: the one set by its `next` statement. */
export function nextOf(env: Env, name: Name): DlValue {
  const { context } = env;
  if (env.loop === null) return report(context, "E0621", name.span, nextOutside);
  const loop = loopWith(env, name.text);
  if (loop === null) return unknownCarry(env, name);
  const next = loop.nexts.get(name.text);
  if (next === undefined)
    return report(context, "E0621", name.span, `\`next ${name.text}\` is used before it is set`, {
      help: `write next ${name.text} = ... above`,
    });
  return localize(env, next.value, name.span);
}

/** `yield y` */
export function setYield(env: Env, statement: Stmt & { kind: "yield" }): void {
  const { context } = env;
  const value = context.evaluate(env, statement.value);
  let { loop } = env;
  while (loop?.kind === "repeat") loop = loop.outer;
  if (loop === null) {
    report(context, "E0621", statement.span, "`yield` is only allowed in the body of a `scan`", {
      help: env.loop === null ? undefined : "`for` returns the list of the values of its body",
    });
    return;
  }
  if (loop.yielded !== null)
    report(context, "E0202", statement.span, "duplicate `yield`", {
      also: [{ span: loop.yielded.span, says: "the first one" }],
      help: "yield a tuple or a record instead",
    });
  loop.yielded = { value, span: statement.value.span };
}

const nextOutside = "`next` is only allowed in the body of a `scan` or `while`, or of a `repeat` with carries";

/** The innermost loop with this carry. */
function loopWith(env: Env, name: string): Loop | null {
  let { loop } = env;
  while (loop !== null && !loop.carries.has(name)) loop = loop.outer;
  return loop;
}

/** The value of a carry before the first iteration. */
export function initialOf(env: Env, { name, init }: Carry): DlValue {
  const short = init.kind === "name" && init.text === name.text;
  if (!short || env.scope.find(name.text) !== undefined) return env.context.evaluate(env, init);
  return report(env.context, "E0201", name.span, `unknown name \`${name.text}\``, {
    help: `\`carry ${name.text}\` starts with the outer \`${name.text}\`; give another initial value: carry ${name.text} = zeros([N])`,
  });
}

export const missingNext = (context: Context, name: string, span: Span): DlValue =>
  report(context, "E0623", span, `missing \`next\` for the carry \`${name}\``, {
    help: `set it with next ${name} = ..., or use a \`let\` before the loop`,
  });

function unknownCarry(env: Env, name: Name): DlValue {
  const { context, scope } = env;
  const known: string[] = [];
  for (let { loop } = env; loop !== null; loop = loop.outer) known.push(...loop.carries.keys());
  const near = didYouMean(name.text, known);
  const bare = env.loop?.bare;
  if (bare !== undefined && near === null) {
    const carry = `carry ${name.text}${scope.find(name.text) === undefined ? " = ..." : ""}`;
    return report(context, "E0621", name.span, nextOutside, { help: `add \`${carry}\`: ${bare} ${carry} { ... }` });
  }
  return report(context, "E0201", name.span, `unknown carry \`${name.text}\``, {
    help:
      near !== null
        ? `did you mean \`${near}\`?`
        : known.length > 0
          ? `the carries are ${known.join(", ")}`
          : "the loop has no carries",
  });
}
