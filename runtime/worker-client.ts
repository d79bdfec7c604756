import { asyncDoor } from "./door.ts";
import { DlcError, raise } from "./error.ts";
import type { AnyModel, BindOptions, EntryType, Inputs, Outputs } from "./model.ts";
import { openCalls } from "./worker-calls.ts";
import type { BoundInWorker, CallOptions, LoadInWorkerOptions, WorkerModelOf } from "./worker-model.ts";
import type { WorkerScript } from "./worker-thread.ts";
import type { trainer } from "./worker-train.ts";

/** Members that the worker has under the same names. */
const plainMembers = ["set", "reset", "snapshot", "restore", "save", "load"];

/** The function `loadInWorker` of a build; `train` is absent if no entry trains. */
export const workerLoader = (
  script: WorkerScript,
  train?: typeof trainer,
): ((options?: LoadInWorkerOptions) => Promise<WorkerModelOf<AnyModel>>) =>
  asyncDoor(async ({ signal, onProgress, ...options } = {}) => {
    signal?.throwIfAborted();
    const { send, end } = openCalls(script);
    const { entries, paths } = (await send(["loadInWorker", options, onProgress !== undefined], {
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    }).catch((error: unknown) => {
      end(error);
      return raise(error);
    })) as { readonly entries: ReadonlyMap<string, EntryType>; readonly paths: readonly string[] };
    const run = asyncDoor(
      (entry: string, inputs: Inputs = {}, { dims, ...how }: CallOptions = {}) =>
        send(["run", entry, inputs, { dims }], how) as Promise<Outputs>,
    );
    return {
      entries,
      run,
      bind: (entry: string, inputs?: Inputs, options?: BindOptions): BoundInWorker => ({
        run: ({ signal: ends } = {}) => run(entry, inputs, { ...options, ...(ends && { signal: ends }) }),
      }),
      state: { keys: () => paths.values(), get: asyncDoor((path: string) => send(["state", path])) },
      ...Object.fromEntries(
        plainMembers.map((name) => [name, asyncDoor((...args: readonly unknown[]) => send([name, ...args]))]),
      ),
      ...(train && { train: train(send) }),
      terminate: () => end(new DlcError("E0819", "the worker of the model was terminated")),
    } as unknown as WorkerModelOf<AnyModel>;
  });
