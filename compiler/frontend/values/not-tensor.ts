import type { Span } from "../../../dsl/span.ts";
import { unappliedHelp } from "../callee-hints.ts";
import type { DlValue, Env } from "../context.ts";
import { report } from "../errors.ts";
import { describe } from "./values.ts";

/** Reports a value where a tensor was expected; `says` is what was: "expected a tensor for `+`". */
export const notTensor = (env: Env, span: Span, says: string, value: DlValue): DlValue =>
  report(env.context, "E0309", span, `${says}, found ${describe(value)}`, { help: unappliedHelp(value) });
