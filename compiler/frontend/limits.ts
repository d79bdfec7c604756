/**
 * Limits on what the elaboration of one entry may cost, and that of all entries together, so that every program ends
 * with a result or a diagnostic in seconds. The largest examples take a tenth of each.
 */
import type { Span } from "../../dsl/span.ts";
import type { Context, Costs, DlValue } from "./context.ts";
import { report, type Details } from "./errors.ts";
import { costliestLoop, scanFor } from "./unrolled-loops.ts";

/** Calls nested in each other; more would exceed the host's stack. */
export const maxDepth = 128;
export const maxNodes = 20_000;
/** In `init`, and with the updates of `minimize`, which grow with the params alone. */
export const maxNodesWithUpdates = 60_000;
/** Bodies of loops and branches: each is a graph of its own, on which every pass runs. */
const maxRegions = 1000;
/** Evaluated expressions, and items of lists; a call counts as several. */
const maxSteps = 600_000;
const stepsOfCall = 8;
/** Characters of a string that are one step. */
const charactersOfStep = 16;

/** All entries and sets of dims together: several times what one may cost. */
const mostInAll = { nodes: 80_000, steps: 2_400_000, regions: 4000 };
const namesInAll = { nodes: "nodes", steps: "steps to evaluate", regions: "bodies of loops and branches" };

/** Ends the elaboration of an entry after the diagnostic of a limit: what would follow is not of interest. */
class LimitReached extends Error {}

/**
 * Reports a limit and ends the elaboration of the entry. If an unrolled loop is the reason, it is the loop that is
 * marked, and not the expression that happened to be the first over the limit.
 */
export function reachLimit(
  context: Context,
  span: Span,
  cost: keyof Costs,
  most: string,
  details: Details = {},
): never {
  const says = `the ${context.assertions === null ? "entry" : "test"} ${most}`;
  const loop = costliestLoop(context, cost);
  if (loop === null) report(context, "E0407", span, says, details);
  else {
    const scan = scanFor(context, loop);
    report({ ...context, calls: [] }, "E0407", loop.head, says, {
      label: `unrolls ${loop.iterations} iterations`,
      help: scan === null ? undefined : `write \`${scan}\`, which is compiled once`,
    });
  }
  context.program.stopped = true;
  throw new LimitReached(says);
}

/** Runs the elaboration of an entry; `otherwise` is the result if it reaches a limit. */
export function withinLimits<T>(run: () => T, otherwise: T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof LimitReached) return otherwise;
    throw error;
  }
}

const sizes = new WeakMap<DlValue, number>();

/**
 * The size of a list, a string, a record or a function with its arguments: of all that it holds, since those who visit
 * its items do not see that `(a, a)` holds one value twice. Kept for each value, so that this does not visit it twice.
 */
function sizeOf(value: DlValue): number {
  if (value.kind === "tensor" || value.kind === "int" || value.kind === "float") return 0;
  const known = sizes.get(value);
  if (known !== undefined) return known;
  const size = ownSizeOf(value);
  sizes.set(value, size);
  return size;
}

const totalOf = (values: Iterable<DlValue>): number => {
  let total = 0;
  for (const value of values) total += 1 + sizeOf(value);
  return total;
};

function ownSizeOf(value: DlValue): number {
  switch (value.kind) {
    case "list":
    case "tuple":
      return totalOf(value.items);
    case "record":
      return totalOf(value.fields.values());
    case "function":
      return totalOf(value.args.map((arg) => arg.value));
    case "string":
      return value.value.length / charactersOfStep;
    default:
      return 0;
  }
}

/** Counts an evaluated expression, and the size of what it has made. */
export function countExpression(context: Context, value: DlValue, made: boolean, span: Span): void {
  spend(context, made ? 1 + sizeOf(value) : 1, span);
}

export function countRegion(context: Context, span: Span): void {
  if (++context.budget.regions > maxRegions)
    reachLimit(context, span, "regions", `has more than ${maxRegions} bodies of loops and branches`);
}

/** Counts an entry that has been elaborated; of many small entries the rest is not elaborated either. */
export function countEntry({ program, budget, builder }: Context, span: Span): void {
  const { spent } = program;
  spent.nodes += builder.nodes.length;
  spent.steps += budget.steps;
  spent.regions += budget.regions;
  const [over] = (["nodes", "steps", "regions"] as const).filter((cost) => spent[cost] > mostInAll[cost]);
  if (over === undefined || program.stopped) return;
  program.stopped = true;
  program.diagnostics.push({
    code: "E0407",
    says: `the entries up to this one have more than ${mostInAll[over]} ${namesInAll[over]} together`,
    at: { span, says: "" },
    help: "compile fewer entries, or fewer sets of dims, into one module: see `entries` and `variants`",
    commandHelp: "build fewer entries, or fewer sets of dims, into one module: see --entry and --variant",
  });
}

export const countCall = (context: Context, span: Span): void => spend(context, stepsOfCall, span);

function spend(context: Context, steps: number, span: Span): void {
  context.budget.steps += steps;
  if (context.budget.steps <= maxSteps) return;
  reachLimit(context, span, "steps", `takes more than ${maxSteps} steps to evaluate`, {
    help: "check for unbounded recursion, and for lists and strings that grow without end",
  });
}
