import type { Span } from "../../../dsl/span.ts";
import type { Context } from "../context.ts";
import { report } from "../errors.ts";

/** A draw in a plain entry, whose calls are not counted: each call has the same numbers. Once for each entry. */
export function checkDraw(context: Context, span: Span): void {
  const { entry, counter, assertions, program } = context;
  const { sites } = context.random;
  if (counter !== null || entry === "init" || assertions !== null || program.exploration.active || sites.warned) return;
  sites.warned = true;
  report(context, "W0641", span, `the entry \`${entry}\` draws the same random numbers at every call`, {
    help: `declare it as \`draw entry ${entry}\`, or draw numbers that stay in the initializer of a state`,
  });
}
