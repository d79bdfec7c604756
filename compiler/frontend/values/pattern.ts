import type { Name, Pattern } from "../../../dsl/ast.ts";
import type { DlValue, Env } from "../context.ts";
import { report } from "../errors.ts";
import { describe, ERROR } from "./values.ts";

/** The names that a pattern binds. */
export const namesOf = (pattern: Pattern): readonly Name[] =>
  pattern.kind === "name" ? [pattern.name] : pattern.items.flatMap(namesOf);

/** `let enc = dense(64)`: the instance takes the name of its `let`. */
export function named(value: DlValue, pattern: Pattern): DlValue {
  if (pattern.kind !== "name" || value.kind !== "function" || value.instance === null || value.instance.hint !== null)
    return value;
  return { ...value, instance: { ...value.instance, hint: pattern.name.text } };
}

/** Binds the names of a pattern to the parts of a value. */
export function bindPattern(env: Env, pattern: Pattern, value: DlValue): void {
  if (pattern.kind === "name") {
    env.scope.bindValue(pattern.name.text, value, pattern.name.span);
    return;
  }
  const items = value.kind === "tuple" || value.kind === "list" ? value.items : [];
  if (value.kind !== "error" && items.length !== pattern.items.length)
    report(env.context, "E0508", pattern.span, `expected ${pattern.items.length} items, found ${describe(value)}`);
  const matches = items.length === pattern.items.length;
  pattern.items.forEach((item, k) => bindPattern(env, item, matches ? (items[k] ?? ERROR) : ERROR));
}
