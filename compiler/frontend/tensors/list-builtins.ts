// Functions that make lists: of ints, and of the items of other lists.
import type { Span } from "../../../dsl/span.ts";
import { present } from "../../support/invariant.ts";
import type { Arg, BuiltinArgs, DlValue, Env } from "../context.ts";
import { report } from "../errors.ts";
import { describe, int, ints, list } from "../values/values.ts";

const maxRange = 10_000;

export const arg = (args: BuiltinArgs, name: string): Arg =>
  present(args.get(name), `the argument ${name} is not bound`);

export const wrong = (env: Env, span: Span, says: string, value: DlValue): DlValue =>
  report(env.context, "E0501", span, `${says}, found ${describe(value)}`);

export const itemsOf = (value: DlValue): readonly DlValue[] | null =>
  value.kind === "list" || value.kind === "tuple" ? value.items : null;

/** `range(n)`: 0 to n - 1. `range(a, b)`: a to b - 1, none if b is not above a. */
export function rangeOf(env: Env, args: BuiltinArgs): DlValue {
  const [n, end] = [arg(args, "n"), args.get("end")];
  for (const { value, span } of end === undefined ? [n] : [n, end])
    if (value.kind !== "int" || Math.abs(value.value) > maxRange || (end === undefined && value.value < 0))
      return wrong(
        env,
        span,
        `expected an int from ${end === undefined ? 0 : -maxRange} to ${maxRange} for \`range\``,
        value,
      );
  const [from, to] = end === undefined ? [0, intOf(n)] : [intOf(n), intOf(end)];
  return ints(Array.from({ length: Math.max(0, to - from) }, (_, k) => from + k));
}

const intOf = ({ value }: Arg): number => (value.kind === "int" ? value.value : 0);

export function zip(env: Env, args: BuiltinArgs, span: Span): DlValue {
  const lists: (readonly DlValue[])[] = [];
  for (const { value, span: place } of args.values()) {
    const items = itemsOf(value);
    if (items === null) return wrong(env, place, "expected lists for `zip`", value);
    lists.push(items);
  }
  const [first = [], ...others] = lists;
  if (others.every(({ length }) => length === first.length))
    return list(first.map((item, k) => ({ kind: "tuple", items: [item, ...others.flatMap((each) => each[k] ?? [])] })));
  const lengths = lists.map(({ length }) => length).join(" and ");
  return report(env.context, "E0501", span, `expected lists of one length for \`zip\`, found ${lengths} items`, {
    help: "take the first items of the longer one: zip(a, b[:len(a)])",
  });
}

export function enumerate(env: Env, args: BuiltinArgs): DlValue {
  const { value, span } = arg(args, "items");
  const items = itemsOf(value);
  return items === null
    ? wrong(env, span, "expected a list for `enumerate`", value)
    : list(items.map((item, k) => ({ kind: "tuple", items: [int(k), item] })));
}
