import { asyncDoor } from "./door.ts";
import type { Inputs, Outputs } from "./model.ts";
import { means, none, sum, tallyOf, type Tally } from "./tally.ts";
import type { Calls } from "./worker-calls.ts";
import type { Rows, TrainOptions, TrainProgress } from "./worker-model.ts";

/** What a step computes with: batches from the page, or rows that are in the worker. */
interface Source {
  readonly steps: number;
  /** Makes up to `most` steps; undefined if there are no more batches. */
  take(most: number): Promise<Tally | undefined>;
  close(): unknown;
}

type Batches = Iterable<Inputs> | AsyncIterable<Inputs>;

/** How long a worker trains before it answers: calls that are made meanwhile wait so long. */
const sliceMs = 25;

/** The member `train`. */
export const trainer = (send: Calls["send"]) =>
  asyncDoor(
    async (
      entry: string,
      given: Batches | Rows<Inputs>,
      { steps: wanted, every, onProgress, signal, ...options }: TrainOptions = {},
    ): Promise<TrainProgress> => {
      signal?.throwIfAborted();
      const source =
        Symbol.iterator in given || Symbol.asyncIterator in given
          ? batchSource(send, entry, given, options)
          : await rowSource(send, entry, given, options);
      const steps = wanted ?? source.steps;
      let [all, recent] = [none, none];
      try {
        while (all.steps < steps) {
          signal?.throwIfAborted();
          const made = await source.take(Math.min(steps - all.steps, (every ?? Infinity) - recent.steps));
          if (made === undefined) break;
          [all, recent] = [sum(all, made), sum(recent, made)];
          if (every !== undefined && recent.steps < every) continue;
          onProgress?.({ step: all.steps, outputs: means(recent) });
          recent = none;
        }
      } finally {
        await source.close();
      }
      return { step: all.steps, outputs: means(all) };
    },
  );

/** While the worker runs on one batch, the page makes the next. */
function batchSource(
  send: Calls["send"],
  entry: string,
  batches: Batches,
  { dims, transfer = false }: TrainOptions,
): Source {
  const iterator = Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]();
  const pull = async (): Promise<IteratorResult<Inputs>> => iterator.next();
  let next: Promise<IteratorResult<Inputs>> | undefined;
  return {
    steps: Infinity,
    async take(most) {
      const { done = false, value } = (await (next ?? pull())) as IteratorResult<Inputs, Inputs>;
      if (done) return undefined;
      const running = send(["run", entry, value, { dims }], { transfer });
      next = most > 1 ? pull() : undefined;
      // It is reported when it is awaited, unless the run before it fails, too.
      next?.catch(() => undefined);
      return tallyOf((await running) as Outputs);
    },
    close: () => iterator.return?.(),
  };
}

async function rowSource(
  send: Calls["send"],
  entry: string,
  rows: Rows<Inputs>,
  { dims, seed = 0, transfer = false }: TrainOptions,
): Promise<Source> {
  const { id, steps } = (await send(["keepRows", entry, rows, { dims, seed }], { transfer })) as {
    readonly id: number;
    readonly steps: number;
  };
  return {
    steps,
    take: (most) => send(["train", id, most, sliceMs]) as Promise<Tally>,
    close: () => send(["dropRows", id]),
  };
}
