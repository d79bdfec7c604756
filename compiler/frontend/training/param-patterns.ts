// What an optimizer does by the path of the param that it updates.
import type { Span } from "../../../dsl/span.ts";
import type { Declared, DlValue, Env } from "../context.ts";
import { report } from "../errors.ts";
import { bool, ERROR } from "../values/values.ts";
import { matches, relativePath } from "./members.ts";
import { patternsOf, type Located } from "./param-paths.ts";

/** `matches("*.w")`: whether a pattern, or one of a list, matches the param that the optimizer updates. */
export function matchesParam(env: Env, asked: Located, span: Span): DlValue {
  const { update } = env;
  if (update === null)
    return report(env.context, "E0607", span, "`matches` is only allowed in the body of an optimizer");
  const patterns = patternsOf(env, asked, "matches");
  if (patterns?.length === 0) return ERROR;
  const found = (patterns ?? []).some((each) => matches(each, update.param.path, update.param.model));
  const key = (patterns ?? []).map((each) => `"${each}"`).join(" or ");
  update.patterns.set(key, found || update.patterns.get(key) === true);
  return bool(found);
}

/** Every pattern that an optimizer asks about matches one of the params of the statement. */
export function checkMatched(
  env: Env,
  patterns: ReadonlyMap<string, boolean>,
  trained: readonly { readonly declared: Declared; readonly model: string }[],
  span: Span,
): void {
  const models = [...new Set(trained.map(({ model }) => model))].filter((model) => model !== "");
  const of = models.length === 0 ? "" : ` of ${models.map((model) => `\`${model}\``).join(" or ")}`;
  for (const [pattern, found] of patterns)
    if (!found)
      report(env.context, "E0602", span, `no param${of} matches ${pattern}`, {
        help: `its params are ${trained.map(({ declared, model }) => relativePath(declared.path, model)).join(", ")}`,
      });
}
