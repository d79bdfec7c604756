import type { Name, Stmt } from "../../../dsl/ast.ts";
import { didYouMean } from "../../../dsl/suggest.ts";
import type { DlValue, Env } from "../context.ts";
import { report } from "../errors.ts";
import { localize } from "./regions.ts";

/** `next h = ...` */
export function setNext(env: Env, statement: Stmt & { kind: "next" }): void {
  const { context, loop } = env;
  const { name, span } = statement;
  const value = context.evaluate(env, statement.value);
  if (loop === null) {
    report(context, "E0621", span, "`next` is only allowed in the body of a `scan` or `while`", {
      help:
        context.region === null
          ? "write a state with `<-`"
          : "move it out of the inner block: next h = cond p { a } else { b }",
    });
    return;
  }
  if (!loop.carries.has(name.text)) {
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
  const { context, loop } = env;
  if (loop === null)
    return report(context, "E0621", name.span, "`next` is only allowed in the body of a `scan` or `while`");
  if (!loop.carries.has(name.text)) return unknownCarry(env, name);
  const next = loop.nexts.get(name.text);
  if (next === undefined)
    return report(context, "E0621", name.span, `\`next ${name.text}\` is used before it is set`, {
      help: `write next ${name.text} = ... above`,
    });
  return localize(env, next.value, name.span);
}

/** `yield y` */
export function setYield(env: Env, statement: Stmt & { kind: "yield" }): void {
  const { context, loop } = env;
  const value = context.evaluate(env, statement.value);
  if (loop === null) {
    report(context, "E0621", statement.span, "`yield` is only allowed in the body of a `scan`");
    return;
  }
  if (loop.yielded !== null)
    report(context, "E0202", statement.span, "duplicate `yield`", {
      also: [{ span: loop.yielded.span, says: "the first one" }],
      help: "yield a tuple or a record instead",
    });
  loop.yielded = { value, span: statement.value.span };
}

function unknownCarry(env: Env, name: Name): DlValue {
  const known = [...(env.loop?.carries.keys() ?? [])];
  const near = didYouMean(name.text, known);
  return report(env.context, "E0201", name.span, `unknown carry \`${name.text}\``, {
    help:
      near !== null
        ? `did you mean \`${near}\`?`
        : known.length > 0
          ? `the carries are ${known.join(", ")}`
          : "the loop has no carries",
  });
}
