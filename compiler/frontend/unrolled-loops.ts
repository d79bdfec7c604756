// The loops that elaboration unrolls, with what each has cost: a limit that is reached is the mistake of such a loop.
import type { Context, Costs, UnrolledLoop } from "./context.ts";

const costsOf = ({ budget, builder }: Context): Costs => ({
  nodes: builder.nodes.length,
  steps: budget.steps,
  regions: budget.regions,
});

/** Unrolls a loop and notes what it has cost. */
export function unrolled<T>(
  context: Context,
  loop: Omit<UnrolledLoop, "builder" | "before" | "after">,
  run: () => T,
): T {
  const { builder, budget } = context;
  const noted: UnrolledLoop = { ...loop, builder, before: costsOf(context), after: null };
  budget.unrolled.push(noted);
  const result = run();
  noted.after = costsOf(context);
  return result;
}

/** The loop of the user's text with most of the cost; of several around each other, the one of most iterations. */
export function costliestLoop(context: Context, cost: keyof Costs): UnrolledLoop | null {
  const { builder, budget, program } = context;
  const now = costsOf(context);
  return budget.unrolled
    .filter((loop) => !program.library.has(loop.head.source) && (cost !== "nodes" || loop.builder === builder))
    .filter(({ before, after }) => (after ?? now)[cost] - before[cost] > now[cost] / 2)
    .reduce<UnrolledLoop | null>(
      (most, loop) => (most !== null && most.iterations >= loop.iterations ? most : loop),
      null,
    );
}

/** The loop as a `scan`, unless its iterations have params of their own. */
export const scanFor = ({ program }: Context, { scan, path }: UnrolledLoop): string | null =>
  [...program.declared.keys()].some((each) => each.startsWith(`${path}.`)) ? null : scan;
