import type { Outputs } from "./model.ts";

/** How many steps were made, and the sums of the outputs that are single numbers. */
export interface Tally {
  readonly steps: number;
  readonly sums: Readonly<Record<string, number>>;
}

export const none: Tally = { steps: 0, sums: {} };

export const sum = (a: Tally, b: Tally): Tally => ({
  steps: a.steps + b.steps,
  sums: Object.fromEntries(Object.entries(b.sums).map(([name, value]) => [name, (a.sums[name] ?? 0) + value])),
});

/** One step. */
export const tallyOf = (outputs: Outputs): Tally => ({
  steps: 1,
  sums: Object.fromEntries(
    Object.entries(outputs).flatMap(([name, { shape, data }]) => (shape.length === 0 ? [[name, data[0] ?? 0]] : [])),
  ),
});

export const means = ({ steps, sums }: Tally): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(sums).map(([name, value]) => [name, value / steps]));
