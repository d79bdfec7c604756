import type { Entry } from "../../../dsl/ast.ts";
import { present } from "../../support/invariant.ts";
import type { Value as GraphValue } from "../../graph/ir.ts";
import { scalar } from "../../types/tensor-type.ts";
import type { Context, Declared, ProgramState } from "../context.ts";
import { makeTensor } from "./values.ts";
import { current, write } from "./variables.ts";

const type = scalar("i32");

/** Whether an entry counts its calls: `step` is the number of earlier ones, and each call draws other numbers. */
export const counts = (entry: Entry): boolean => entry.mode !== "plain";

const pathOf = ({ name }: Entry): string => `${name.text}.step`;

/** The state `<entry>.step` of each entry that counts its calls. */
export const counterStates = (entries: readonly Entry[]): readonly Declared[] =>
  entries.filter(counts).map((entry) => ({
    kind: "state",
    path: pathOf(entry),
    role: "random",
    type,
    span: entry.name.span,
    location: { span: entry.name.span, caller: null },
    init: ({ builder }) => makeTensor(builder, builder.constant(type, 0), entry.name.span),
  }));

/** The counter of an entry's calls; null if it does not count them. */
export const counterOf = ({ declared }: ProgramState, entry: Entry): Declared | null =>
  counts(entry) ? present(declared.get(pathOf(entry)), "a counter is not declared") : null;

/** The number of earlier calls; 0 without a counter. */
export const callNumber = (context: Context, counter: Declared | null = context.counter): GraphValue =>
  counter === null ? context.builder.constant(type, 0) : current(context, counter);

/** Counts the call in progress. */
export function countCall(context: Context): void {
  const { counter, builder } = context;
  if (counter !== null) write(context, counter.path, builder.add(current(context, counter), 1));
}
