import type { DlcError } from "./error.ts";
import type { AnyModel, Dims, Inputs, LoadOptions, ModelOf } from "./model.ts";
import { runsOnRows, type RowOptions, type RowRuns } from "./rows.ts";
import { none, sum, tallyOf, type Tally } from "./tally.ts";
import { buffersIn, copied, type Answer, type Request } from "./worker-messages.ts";

/** The page, as its worker sees it. */
interface Port {
  onmessage: ((event: { readonly data: Request }) => void) | null;
  postMessage(answer: Answer, transfer?: ArrayBuffer[]): void;
}

interface Host {
  readonly postMessage?: unknown;
  readonly process?: { getBuiltinModule(name: string): { readonly parentPort: Port } };
}

type Model = ModelOf<AnyModel>;

/** Calls by name that are no members of a model. */
type Extra = Readonly<Record<string, (...args: never) => unknown>>;

/** Answers the calls of a page, one after another. `extra` are those that only some builds have. */
export function serve(load: (options: LoadOptions) => Promise<Model>, extra?: (model: Model) => Extra): void {
  const host = globalThis as Host;
  const port =
    host.postMessage === undefined && host.process !== undefined
      ? host.process.getBuiltinModule("node:worker_threads").parentPort
      : (globalThis as unknown as Port);
  let calls: Extra = {
    async loadInWorker(options: LoadOptions, reports: boolean) {
      const onProgress: LoadOptions["onProgress"] = (progress) => port.postMessage({ progress });
      const model = await load({ ...options, ...(reports && { onProgress }) });
      calls = { ...model, ...ownCalls(model), ...extra?.(model) } as unknown as Extra;
      return { entries: model.entries, paths: [...model.state.keys()] };
    },
  };
  port.onmessage = async ({ data: [name, ...args] }) => {
    try {
      const result = await calls[name]?.(...(args as never));
      port.postMessage({ result }, buffersIn(result));
    } catch (error) {
      port.postMessage(answerOf(error));
    }
  };
}

const ownCalls = (model: Model): Extra => ({
  run: (entry: string, inputs: Inputs, { dims }: { readonly dims?: Dims }) =>
    model.run(entry, inputs, dims === undefined ? {} : { dims }),
  state: (path: string) => copied(model.state.get(path)),
});

/** A `DlcError` is known by its parts: that of module.mjs is another class than the one here. */
function answerOf(error: unknown): Answer {
  const { code, says, help, at } = error as DlcError;
  return typeof says === "string" ? { rejected: [code, says, help, at] } : { failed: error };
}

/** What `train` of a page needs. */
export function training(model: Model): Extra {
  const kept = new Map<number, RowRuns>();
  let made = 0;
  return {
    keepRows(entry: string, rows: Inputs, options: RowOptions) {
      const runs = runsOnRows(model, entry, rows, options);
      kept.set(made, runs);
      return { id: made++, steps: runs.steps };
    },
    /** Makes steps until it has made `most`, or the time is over. */
    train(id: number, most: number, ms: number): Tally {
      const runs = kept.get(id) as RowRuns;
      const end = performance.now() + ms;
      let tally = none;
      do tally = sum(tally, tallyOf(runs.run()));
      while (tally.steps < most && performance.now() < end);
      return tally;
    },
    dropRows: (id: number) => void kept.delete(id),
  };
}
