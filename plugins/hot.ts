// What a page from Vite's dev server runs: models that are swapped when their `.dl` file changes. It imports nothing at
// run time, since Vite serves it as it is.
import type { AnyModel, BoundEntry, LoadOptions, ModelOf } from "../runtime/model.ts";

type Model = ModelOf<AnyModel>;
type Load = (options?: LoadOptions) => Promise<Model>;

/** A model that the page holds. */
interface Held {
  newest: Model;
  readonly options: LoadOptions;
  /** What `set` was called with, by name. */
  readonly settings: Map<string, number>;
}

/** What outlives an edit: `import.meta.hot.data`. */
interface HotData {
  load?: Load;
  held?: Held[];
}

/**
 * The `load` of a `.dl` file. Called again after an edit, it first swaps the models that the page holds. Rejects if the
 * new build cannot start one of them; the page then keeps the old model.
 */
export async function hotLoad(data: HotData, load: Load): Promise<Load> {
  data.load = load;
  const held = (data.held ??= []);
  const swaps = await Promise.all(held.map(async (each) => [each, await load(each.options)] as const));
  for (const [each, next] of swaps) swap(each, next);
  return async (options = {}) => {
    // The module of an earlier edit has this function, too.
    const newest = await (data.load ?? load)(options);
    // Code and weights that were given belong to the build of that moment.
    const { module: _, weights: __, ...kept } = options;
    const model: Held = { newest, options: kept, settings: new Map() };
    held.push(model);
    return standIn(model);
  };
}

/** Params and states whose path and type are the same keep their values, and settings their own while in range. */
function swap(held: Held, next: Model): void {
  next.load(held.newest.save({ random: true }), { partial: true, random: true });
  for (const [name, value] of held.settings)
    try {
      next.set(name, value);
    } catch {
      held.settings.delete(name);
    }
  held.newest = next;
}

/** What the page holds: each member is that of the newest model. */
function standIn(held: Held): Model {
  const method = <K extends "run" | "touch" | "reset" | "snapshot" | "restore" | "save" | "load">(name: K): Model[K] =>
    ((...args: readonly unknown[]) =>
      (held.newest[name] as (...args: readonly unknown[]) => unknown)(...args)) as Model[K];
  return {
    get entries() {
      return held.newest.entries;
    },
    get state() {
      return held.newest.state;
    },
    run: method("run"),
    touch: method("touch"),
    reset: method("reset"),
    snapshot: method("snapshot"),
    restore: method("restore"),
    save: method("save"),
    load: method("load"),
    set(...args: readonly [string, number] | readonly [object]) {
      (held.newest.set as (...args: readonly unknown[]) => void)(...args);
      const [first, value] = args;
      for (const [name, each] of Object.entries(typeof first === "string" ? { [first]: value } : first))
        held.settings.set(name, each as number);
    },
    bind: (...args: Parameters<Model["bind"]>) => boundStandIn(held, args),
  };
}

/** Binds the same arrays again after a swap, at the next use. */
function boundStandIn(held: Held, args: Parameters<Model["bind"]>): BoundEntry {
  let of = held.newest;
  let bound = of.bind(...args);
  const newest = (): BoundEntry => {
    if (of === held.newest) return bound;
    bound = held.newest.bind(...args);
    of = held.newest;
    return bound;
  };
  return {
    get outputs() {
      return newest().outputs;
    },
    run: () => newest().run(),
  };
}
