import type { Core } from "./core.ts";
import {
  aBoolean,
  aFunction,
  anObject,
  aPattern,
  asyncDoor,
  bytesOf,
  checkOptions,
  door,
  oneOfTexts,
  rethrow,
  showName,
  type Kind,
} from "./door.ts";
import { reject } from "./error.ts";
import { isObject, kindOf } from "./kinds.ts";
import { loadWeights } from "./load-weights.ts";
import type { AnyModel, BindOptions, Inputs, LoadOptions, ModelOf, Outputs, RunOptions, StateTensor } from "./model.ts";
import { nearOrAll } from "./suggest.ts";

type Model = ModelOf<AnyModel>;

/**
 * Adds to a model what helps to find mistakes in calls: checks of names and options, and errors whose stack begins at
 * the caller. And `load` takes options.
 */
export function checked<M extends Partial<Model> & Pick<Model, "run" | "bind" | "entries" | "state">>(
  core: Core,
  model: M,
): M {
  return { ...model, ...checkedRuns(core, model), ...checkedStores(core, model), state: readOnly(core.state) };
}

function checkedRuns(core: Core, model: Pick<Model, "run" | "bind" | "entries">): Pick<Model, "run" | "bind"> {
  const check = <T extends object>(
    entry: unknown,
    options: T,
    of: string,
    kinds: Readonly<Record<string, Kind>>,
  ): T => {
    const given = checkOptions(options, of, kinds);
    if (core.buffer.byteLength === 0) reject("E0808", "the memory of the model was transferred away");
    if (entry === "init" || !core.variants.has(entry as string))
      reject(
        "E0803",
        `unknown entry ${showName(entry)}`,
        entry === "init"
          ? "`reset(seed)` initializes the model again"
          : nearOrAll(entry, [...model.entries.keys()], "the model has"),
      );
    return given;
  };
  return {
    run: door((entry: string, inputs?: Inputs, options: RunOptions = {}) =>
      model.run(entry, inputs, check(entry, options, "run", { view: aBoolean, dims: anObject })),
    ),
    bind: door((entry: string, inputs?: Inputs, options: BindOptions = {}) => {
      const { outputs, run } = model.bind(entry, inputs, check(entry, options, "bind", { dims: anObject }));
      const opened = (): Outputs => {
        try {
          return run();
        } catch (error) {
          return rethrow(error, opened);
        }
      };
      return { outputs, run: opened };
    }),
  };
}

const texts: Kind = [
  "an object whose values are strings",
  (value) => isObject(value) && Object.values(value).every((text) => typeof text === "string"),
];

function checkedStores(core: Core, { set, reset, restore, save, load }: Partial<Model>): Partial<Model> {
  return {
    ...(set && { set: door(set as (...given: readonly unknown[]) => void) }),
    ...(reset && {
      reset: door((given) =>
        reset(
          isObject(given)
            ? checkOptions(given, "reset", { seed: ["an integer", () => true], only: aPattern })
            : { seed: given ?? NaN },
        ),
      ),
    }),
    ...(restore && {
      restore: door((snapshot, options = {}) =>
        restore(bytesOf(snapshot, "restore"), checkOptions(options, "restore", { only: aPattern })),
      ),
    }),
    ...(save && {
      save: door((options = {}) =>
        save(
          checkOptions(options, "save", {
            only: oneOfTexts("param"),
            settings: aBoolean,
            random: aBoolean,
            metadata: texts,
          }),
        ),
      ),
    }),
    ...(load && {
      load: door((file, options = {}) => {
        const result = loadWeights(core.plan, core.buffer, bytesOf(file, "load"), options);
        core.touch();
        return result;
      }),
    }),
  };
}

/** The function `load` of a build, with checks of its options. */
export const checkedLoad = (
  load: (options?: LoadOptions) => Promise<Model>,
): ((options?: LoadOptions) => Promise<Model>) =>
  asyncDoor(async (given: LoadOptions = {}) => {
    const options = checkOptions(given, "load", {
      seed: ["an integer", () => true],
      mode: oneOfTexts("fast", "strict"),
      checks: aBoolean,
      module: ["a WebAssembly.Module or bytes", (value) => kindOf(value) === "WebAssembly.Module" || isBytes(value)],
      weights: ["bytes or null", (value) => value === null || isBytes(value)],
      onProgress: aFunction,
      signal: ["an AbortSignal", (value) => kindOf(value) === "AbortSignal"],
      fetch: aFunction,
    });
    return load(options);
  });

const isBytes = (value: unknown): boolean => bytesOf(value, "load").length >= 0;

/** Its type says so, but JavaScript would replace an entry without an effect on the model. */
function readOnly(state: ReadonlyMap<string, StateTensor>): ReadonlyMap<string, StateTensor> {
  const value = door(() => reject("E0818", "`state` is read-only: write to the `data` of a tensor"));
  for (const name of ["set", "delete", "clear"]) Object.defineProperty(state, name, { value });
  return state;
}
