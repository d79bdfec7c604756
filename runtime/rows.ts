import { dtypes } from "./dtype.ts";
import { list, reject } from "./error.ts";
import { isTyped } from "./input.ts";
import { showShort } from "./kinds.ts";
import type { AnyModel, BindOptions, ModelOf, Outputs, TensorData } from "./model.ts";
import { createRandom, firstIntegers, shuffled } from "./random.ts";
import { count, showType } from "./tensor.ts";

/** Runs of an entry on batches of rows. */
export interface RowRuns {
  /** In one pass over all rows. */
  readonly steps: number;
  /** Views, as those of a bound entry. */
  run(): Outputs;
}

export interface RowOptions extends BindOptions {
  /** Of the order of the rows, which is that of `dlc train`. */
  readonly seed?: number;
}

/**
 * Binds an entry to batches of rows; those that are left at the end of a pass are not used. Throws E0812 for rows that
 * do not fit.
 */
export function runsOnRows(
  model: Pick<ModelOf<AnyModel>, "entries" | "bind">,
  entry: string,
  rows: Readonly<Record<string, unknown>>,
  { dims = {}, seed = 0 }: RowOptions = {},
): RowRuns {
  // An unknown entry is an error of `bind`.
  const known = model.entries.get(entry)?.variants ?? (model.bind(entry), []);
  const variants = known.filter((variant) => Object.keys(dims).every((dim) => variant.dims[dim] === dims[dim]));
  const [variant] = variants;
  if (variant === undefined || variants.length > 1)
    return reject(
      variant === undefined ? "E0812" : "E0813",
      `${variants.length} variants of \`${entry}\` have the dims ${JSON.stringify(dims)}`,
      `\`dims\` chooses among ${list(known.map((each) => JSON.stringify(each.dims)))}`,
    );
  const columns = Object.entries(variant.inputs).map(([name, { dtype, shape }]) => {
    const [batch = 0, ...rest] = shape;
    const given = Object.hasOwn(rows, name) ? rows[name] : undefined;
    const data = isTyped(given) && given instanceof dtypes[dtype].array ? given : null;
    return { name, batch, size: count(rest), data, taken: new dtypes[dtype].array(count(shape)) };
  });
  const [{ batch, size, data: first } = { batch: 0, size: 0, data: null }] = columns;
  const total = (first?.length ?? 0) / size;
  const fits = columns.every((column) => column.batch === batch && column.data?.length === total * column.size);
  if (!(fits && Number.isInteger(total) && total >= batch && Object.keys(rows).length === columns.length))
    return reject(
      "E0812",
      `\`${entry}\` takes rows of (${list(
        Object.entries(variant.inputs).map(([name, type]) => `${name}: ${showType(type)}`),
      )}); got (${list(Object.entries(rows).map(([name, value]) => `${name}: ${showShort(value)}`))})`,
      "pass equally many rows for each input, at least a batch; or an iterable of batches",
    );
  const steps = Math.floor(total / batch);
  const bound = model.bind(entry, Object.fromEntries(columns.map(({ name, taken }) => [name, taken])), { dims });
  let made = 0;
  let order = new Int32Array();
  return {
    steps,
    run() {
      const at = made % steps;
      if (at === 0) order = shuffled(firstIntegers(total), createRandom(seed, made / steps)) as Int32Array<ArrayBuffer>;
      for (let i = 0; i < batch; i++) {
        const row = order[at * batch + i] ?? 0;
        for (const column of columns)
          column.taken.set(
            (column.data as TensorData).subarray(row * column.size, (row + 1) * column.size),
            i * column.size,
          );
      }
      made++;
      return bound.run();
    },
  };
}
