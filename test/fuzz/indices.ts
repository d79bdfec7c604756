// The check of indices in inputs: one index out of range must be refused, and its range must be accepted.
import { createSession } from "../../runtime/session.ts";
import { DlcError } from "../../runtime/error.ts";
import type { IndexRange } from "../../runtime/plan.ts";
import { dtypes } from "../../runtime/dtype.ts";
import { at, iota, product } from "./generator/random.ts";
import { compiled, type Subject } from "./subject.ts";

/** The offsets of the elements that are indices. */
function offsets({ start, counts, strides }: IndexRange): readonly number[] {
  return counts.reduce<readonly number[]>(
    (found, count, axis) => found.flatMap((offset) => iota(count).map((i) => offset + i * at(strides, axis))),
    [start],
  );
}

/** Null, or what is wrong with the check of the inputs of one graph. */
export async function wrongIndexCheck(subject: Subject): Promise<string | null> {
  const module = compiled(subject);
  const inputs = at(module.plan.entries, 0).inputs;
  const checked = inputs.flatMap(({ name, dtype, indices: [range, ...more] = [] }) => {
    const [first, last] = [range?.allowed[0], range?.allowed.at(-1)];
    // With several ranges for one input, an element may have to be in all of them.
    return range && first && last && more.length === 0
      ? [{ name, dtype, places: offsets(range), least: first[0], most: last[1] }]
      : [];
  });
  const indexed = inputs.filter(({ indices }) => indices !== undefined);
  if (checked.length === 0 || checked.length < indexed.length) return null;
  const session = await createSession(module.plan, await module.code("wasm"), { mode: "strict" });
  const values = new Map(inputs.map(({ name, dtype, shape }) => [name, new dtypes[dtype].array(product(shape))]));
  const codeOf = (): string | null => {
    try {
      session.run(subject.graph.name, Object.fromEntries(values));
      return null;
    } catch (error) {
      if (!(error instanceof DlcError)) throw error;
      return error.code;
    }
  };
  const set = (name: string, places: readonly number[], value: number): void => {
    const data = values.get(name);
    if (data !== undefined) for (const place of places) data[place] = value;
  };
  for (const { name, places, least } of checked) set(name, places, least);
  if (codeOf() !== null) return "valid indices are refused";
  for (const { name, dtype, places, least, most } of checked) {
    for (const outside of [least - 1, most + 1]) {
      if (places.length === 0 || outside < lowest[dtype] || outside > highest[dtype]) continue;
      set(name, places.slice(-1), outside);
      if (codeOf() !== "E0817") return `the index ${outside} in ${name}, of ${least} to ${most}, is not refused`;
      set(name, places, least);
    }
  }
  return null;
}

const lowest = { u8: 0, i8: -128, bool: 0, i32: -(2 ** 31), f32: 0, f64: 0 } as const;
const highest = { u8: 255, i8: 127, bool: 1, i32: 2 ** 31 - 1, f32: 0, f64: 0 } as const;
