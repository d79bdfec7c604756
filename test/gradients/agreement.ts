import { expect } from "vitest";
import { present } from "../../compiler/support/invariant.ts";
import { type Data, drawn, gradientOf, type Next, pushed, run, size, type Subject, transposed } from "./subject.ts";

// Derivatives by gradient rule against central differences, and reverse mode against forward mode, all in f64.

/** The second step is for functions too curved for the first; a wrong derivative agrees with neither. */
const steps = [1e-5, 1e-6];

/**
 * The largest difference between a derivative by rule and by finite differences, relative to their size, and its
 * location.
 */
export interface Worst {
  readonly error: number;
  readonly description: string;
  /** The numbers of derivatives that were compared, and of those skipped because their difference spans a kink. */
  readonly compared: number;
  readonly kinks: number;
}

interface Pair {
  readonly rule: number;
  readonly difference: Difference;
  readonly description: () => string;
}

/** Null across a kink or a jump, where the one-sided differences disagree. */
type Difference = { readonly slope: number; readonly size: number } | null;

function worst(pairs: readonly Pair[]): Worst {
  let found: Worst = { error: 0, description: "", compared: 0, kinks: 0 };
  for (const { rule, difference, description } of pairs) {
    if (difference === null) {
      found = { ...found, kinks: found.kinks + 1 };
      continue;
    }
    const { slope } = difference;
    // The rounding error of a difference grows with the value.
    const error = Math.abs(rule - slope) / Math.max(1, Math.abs(rule), Math.abs(slope), 1e-4 * difference.size);
    const compared = found.compared + 1;
    if (error <= found.error) found = { ...found, compared };
    else
      found = {
        ...found,
        compared,
        error: Number.isNaN(error) ? Infinity : error,
        description: `${description()}: ${rule} by rule, ${slope} by differences`,
      };
  }
  return found;
}

/** The finite differences of every result of `f` along a direction of the data. */
function differences(
  f: (data: Data) => readonly number[],
  data: Data,
  along: Data,
  here: readonly number[],
  step: number,
): readonly Difference[] {
  // The step grows with the data: the last digits of a large number cannot represent a small step.
  let largest = 1;
  for (const [name, direction] of along)
    direction.forEach((v, i) => (largest = v === 0 ? largest : Math.max(largest, Math.abs(data.get(name)?.[i] ?? 0))));
  const h = step * largest;
  const moved = (by: number): readonly number[] =>
    f(new Map([...data].map(([name, values]) => [name, values.map((x, i) => x + by * (along.get(name)?.[i] ?? 0))])));
  const [up, down] = [moved(h), moved(-h)];
  return here.map((value, j) => {
    const [above, below] = [present(up[j], "as many"), present(down[j], "as many")];
    if (above === value && below === value) return { slope: 0, size: Math.abs(value) };
    const [right, left] = [(above - value) / h, (value - below) / h];
    const slope = (above - below) / (2 * h);
    return Math.abs(right - left) > 2e-3 * Math.max(1, Math.abs(slope), 1e-4 * Math.abs(value))
      ? null
      : { slope, size: Math.abs(value) };
  });
}

const flat = (arrays: readonly Float64Array[]): readonly number[] => arrays.flatMap((array) => [...array]);
const dot = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, x, i) => sum + x * present(b[i], "as long"), 0);
const dots = (a: readonly Float64Array[], b: readonly Float64Array[]): number =>
  a.reduce((sum, x, i) => sum + dot(x, present(b[i], "as many")), 0);

const targetsOf = ({ graph, of }: Subject): readonly { readonly name: string; readonly count: number }[] =>
  of.map((name) => ({
    name,
    count: size(
      present(
        graph.inputs.find(({ node }) => node.attrs["name"] === name),
        name,
      ),
    ),
  }));
const countsOf = ({ graph }: Subject): readonly number[] => graph.outputs.map(({ value }) => size(value));

const unit = (count: number, i: number): Float64Array => new Float64Array(count).with(i, 1);

/**
 * Compares every element of the Jacobian: rows by one gradient per output element, columns by one difference per input
 * element.
 */
export function jacobianError(at: Subject, step: number): Worst {
  const { graph, added } = transposed(at);
  const counts = countsOf(at);
  const zeros = new Map(added.map((name, k) => [name, new Float64Array(counts[k] ?? 0)]));
  const rows = added.flatMap((name, k) =>
    Array.from({ length: counts[k] ?? 0 }, (_, j) =>
      flat(run(graph, new Map([...at.data, ...zeros, [name, unit(counts[k] ?? 0, j)]]))),
    ),
  );
  const here = flat(run(at.graph, at.data));
  let nextColumn = 0;
  const pairs = targetsOf(at).flatMap(({ name, count }) =>
    Array.from({ length: count }, (_, i): Pair[] => {
      const column = nextColumn++;
      return differences(
        (data) => flat(run(at.graph, data)),
        at.data,
        new Map([[name, unit(count, i)]]),
        here,
        step,
      ).map((difference, j) => ({
        rule: rows[j]?.[column] ?? Number.NaN,
        difference,
        description: () => `d out[${j}] / d ${name}[${i}]`,
      }));
    }).flat(),
  );
  return worst(pairs);
}

/** A weighting of the outputs, and its gradient with respect to the inputs. */
interface Weighted {
  readonly weights: readonly Float64Array[];
  readonly grads: readonly Float64Array[];
}

/** The gradient of a random weighting of the outputs. */
export function weighted(at: Subject, next: Next): Weighted {
  const { graph, added } = transposed(at);
  const weights = countsOf(at).map((count) => drawn(count, next));
  return {
    weights,
    grads: run(
      graph,
      new Map([...at.data, ...added.map((name, k) => [name, present(weights[k], "a weight")] as const)]),
    ),
  };
}

/** Compares a gradient element by element, for at most `most` evenly spaced elements of each input. */
export function gradientError(at: Subject, { weights, grads }: Weighted, most: number, step: number): Worst {
  const loss = (data: Data): readonly number[] => [dots(run(at.graph, data), weights)];
  const here = loss(at.data);
  const pairs = targetsOf(at).flatMap(({ name, count }, t) => {
    const indices = Array.from({ length: Math.min(count, most) }, (_, k) =>
      Math.floor((k * count) / Math.min(count, most)),
    );
    return indices.map((i): Pair => {
      const [difference = null] = differences(loss, at.data, new Map([[name, unit(count, i)]]), here, step);
      return { rule: grads[t]?.[i] ?? Number.NaN, difference, description: () => `d loss / d ${name}[${i}]` };
    });
  });
  return worst(pairs);
}

interface Direction {
  /** The Jacobian times a direction, element by element, against differences. */
  readonly against: (step: number) => Worst;
  /** The relative difference between the modes. */
  readonly modes: number;
}

/**
 * The same number three ways, for random weights u of the outputs and a random direction v of the inputs: (u^T J) v in
 * reverse mode, u^T (J v) in forward mode, and by differences. The first two are equal except for rounding.
 */
function direction(at: Subject, next: Next): Direction {
  const forward = pushed(at);
  const { weights, grads } = weighted(at, next);
  const along = new Map(targetsOf(at).map(({ name, count }) => [name, drawn(count, next)]));
  const directions = [...along.values()];
  const rates = run(
    forward.graph,
    new Map([...at.data, ...forward.added.map((name, k) => [name, present(directions[k], "a tangent")] as const)]),
  );
  const here = flat(run(at.graph, at.data));
  const against = (step: number): Worst => {
    const found = differences((data) => flat(run(at.graph, data)), at.data, along, here, step);
    return worst(
      flat(rates).map((rule, j): Pair => ({
        rule,
        difference: found[j] ?? null,
        description: () => `d out[${j}] along a direction`,
      })),
    );
  };
  const magnitude = (lists: readonly Float64Array[], others: readonly Float64Array[]): number =>
    lists.reduce((sum, list, k) => list.reduce((s, x, i) => s + Math.abs(x * (others[k]?.[i] ?? 0)), sum), 1);
  const modes =
    Math.abs(dots(rates, weights) - dots(grads, directions)) /
    Math.max(magnitude(rates, weights), magnitude(grads, directions));
  return { against, modes: Number.isNaN(modes) ? Infinity : modes };
}

/**
 * Expects agreement with the differences of one of the steps, few of which may span kinks. The slope of a steep
 * function, such as the norm of nearly equal values, seems to jump within a large step.
 */
export function expectClose(at: (step: number) => Worst, of: string, tolerance: number): void {
  const [first = 0, ...others] = steps;
  let found = at(first);
  for (const step of others) {
    if (found.error < tolerance && !spansMany(found)) break;
    found = [found, at(step)].reduce((a, b) => (better(b, a) ? b : a));
  }
  const { error, description, kinks } = found;
  expect(error, `${of}: ${description}`).toBeLessThan(tolerance);
  expect(spansMany(found), `${of}: ${kinks} kinks are too many`).toBe(false);
}

const spansMany = ({ compared, kinks }: Worst): boolean => kinks > 2 + 0.1 * (compared + kinks);

const better = (a: Worst, b: Worst): boolean =>
  spansMany(a) === spansMany(b) ? a.error < b.error : !spansMany(a);

/** Checks the gradient of a random weighting, for at most `most` elements of each input. */
export function expectGradient(at: Subject, next: Next, most: number, tolerance: number): void {
  const found = weighted(at, next);
  expectClose((step) => gradientError(at, found, most, step), at.description, tolerance);
}

/**
 * First order: the full Jacobian if inputs and outputs have at most `small` elements, else a sample of a gradient; and
 * along a direction.
 */
export function expectFirstOrder(at: Subject, next: Next, tolerance: number, small = 60): void {
  const total = targetsOf(at).reduce((sum, { count }) => sum + count, 0) + countsOf(at).reduce((a, b) => a + b, 0);
  if (total <= small) expectClose((step) => jacobianError(at, step), at.description, tolerance);
  else expectGradient(at, next, 6, tolerance);
  expectDirection(at, next, tolerance);
}

/** Checks the gradient of a random weighting, as a function of the inputs and the weights, against its differences. */
export function expectSecondOrder(at: Subject, next: Next, tolerance: number, most = 6): void {
  expectGradient(gradientOf(at, next), next, most, tolerance);
}

/** Compares differences, forward mode and reverse mode along a random direction. */
export function expectDirection(at: Subject, next: Next, tolerance: number): void {
  const { against, modes } = direction(at, next);
  expectClose(against, at.description, tolerance);
  expect(modes, `${at.description}: forward and reverse mode differ`).toBeLessThan(1e-11);
}
