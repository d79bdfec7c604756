import { copyConstants, createArena } from "./arena.ts";
import {
  aBoolean,
  aFunction,
  anObject,
  asyncDoor,
  bytesOf,
  checkOptions,
  door,
  isObject,
  oneOfTexts,
  rethrow,
  showName,
  showValue,
} from "./door.ts";
import type { TensorData } from "./dtype.ts";
import { reject } from "./error.ts";
import type { Guard } from "./guards.ts";
import type { Input, Inputs } from "./input-types.ts";
import { checkValues, isNested, matchingVariant, readInputs, type Elements } from "./input.ts";
import { withParts } from "./structured-inputs.ts";
import { checkIndices } from "./index-range.ts";
import { exported, instantiate } from "./instantiate.ts";
import { loadWeights } from "./load-weights.ts";
import type { Code, EntryPlan, InputSlot, NamedSlot, Plan } from "./plan.ts";
import { describeEntries } from "./entry-types.ts";
import type { Outputs, ResetOptions, RunOptions, Session, SessionOptions } from "./session-types.ts";
import { setSettings, type SettingValues } from "./settings.ts";
import { watchedState } from "./state.ts";
import { nearOrAll } from "./suggest.ts";
import { viewOf, type Tensor } from "./tensor.ts";
import { aPattern, matching, putSnapshot, saveWeights, takeSnapshot } from "./weights.ts";

export type * from "./session-types.ts";

/** An entry for one set of dims, ready to be called. */
interface Variant {
  readonly plan: EntryPlan;
  readonly inputs: readonly TensorData[];
  /** By name, in the order of the plan. */
  readonly outputs: Outputs;
  readonly call: () => void;
  readonly prepare: (() => void) | null;
  /** The version of the weights at the last run of the weights stage. */
  preparedAt: number;
}

/** The seed is checked by `reset`. */
export const sessionOptions = {
  seed: ["an integer", () => true],
  mode: oneOfTexts("fast", "strict"),
  checks: aBoolean,
  guards: aFunction,
  profiler: aFunction,
} as const;

/** Allocates the arena, loads the code, and initializes params and state from the seed. */
export const createSession = asyncDoor(async (plan: Plan, code: Code, given: SessionOptions = {}): Promise<Session> => {
  const options = checkOptions(given, "createSession", sessionOptions);
  if (!isObject(plan) || plan.format !== "dlc-plan-1")
    reject(
      "E0802",
      `this runtime reads the format dlc-plan-1, but the plan has ${showValue(plan?.format)}`,
      "build the model again",
    );
  freeze(plan);
  const arena = createArena(plan, code.kind);
  const { exports } = await instantiate(code, arena, options.mode ?? "fast");
  const { buffer } = arena;
  copyConstants(plan, buffer);
  const guard: Guard = options.guards?.(plan, exports, buffer) ?? ((_entry, _stage, run) => run);

  const variants = new Map<string, Variant[]>();
  for (const entry of plan.entries) {
    const variant: Variant = {
      plan: entry,
      inputs: entry.inputs.map((slot) => viewOf(buffer, slot)),
      outputs: frozen(outputsOf(entry, (slot) => viewOf(buffer, slot))),
      call: guard(entry, "call", exported(exports, entry.call)),
      prepare: entry.prepare === null ? null : guard(entry, "prepare", exported(exports, entry.prepare)),
      preparedAt: -1,
    };
    variants.set(entry.name, [...(variants.get(entry.name) ?? []), variant]);
  }
  const { state, changed } = watchedState(plan.persistent, buffer);
  const slots = new Map(plan.persistent.map((slot) => [slot.path, viewOf(buffer, slot)]));
  let version = 0;

  function select(
    entry: string,
    inputs: Inputs,
    dims: RunOptions["dims"],
  ): { variant: Variant; arrays: readonly Elements[] } {
    if (buffer.byteLength === 0) reject("E0808", "the memory of the model was transferred away");
    const known = entry === "init" ? undefined : variants.get(entry);
    if (known === undefined) {
      const names = [...variants.keys()].filter((name) => name !== "init");
      return reject(
        "E0803",
        `unknown entry ${showName(entry)}`,
        entry === "init" ? "`reset(seed)` initializes the model again" : nearOrAll(entry, names, "the model has"),
      );
    }
    const plans = known.map((variant) => variant.plan);
    const given = readInputs(plans, inputs);
    const variant = known[matchingVariant(plans, given, dims)] as Variant;
    return { variant, arrays: given.map(({ data }) => data) };
  }

  const checkElements = options.checks === false ? checkValues : checkIndices;
  /** All inputs are read before any is written. Usual arrays are used as they are, without an allocation. */
  function check({ plan: entry, inputs }: Variant, arrays: readonly Elements[]): readonly Elements[] {
    let read = arrays;
    for (let i = 0; i < inputs.length; i++) {
      const given = arrays[i] as Elements;
      const checked = checkElements(entry, entry.inputs[i] as InputSlot, given, (inputs[i] as TensorData).length);
      if (checked !== given) read = read.with(i, checked);
    }
    return read;
  }

  function fill({ inputs }: Variant, arrays: readonly Elements[]): void {
    for (let i = 0; i < arrays.length; i++) inputs[i]?.set(arrays[i] as ArrayLike<number>);
  }

  /** Runs the weights stage before the inputs are written, because its scratch memory may overlap them. */
  function execute(variant: Variant, arrays: readonly Elements[]): Outputs {
    prepare(variant);
    fill(variant, arrays);
    variant.call();
    if (variant.plan.outdates) version++;
    return variant.outputs;
  }

  function prepare(variant: Variant): void {
    if (variant.prepare === null) return;
    if (changed()) version++;
    if (variant.preparedAt === version) return;
    variant.prepare();
    variant.preparedAt = version;
  }

  const session: Session = {
    plan,
    entries: describeEntries(plan.entries),
    state,
    run: door((entry, inputs = {}, options = {}) => {
      const { view, dims } = checkOptions(options, "run", { view: aBoolean, dims: anObject });
      const { variant, arrays } = select(entry, inputs, dims);
      const outputs = execute(variant, check(variant, arrays));
      return view === true ? outputs : outputsOf(variant.plan, ({ name }) => (outputs[name] as Tensor).data.slice());
    }),
    bind: door((entry, inputs = {}, options = {}) => {
      const { dims } = checkOptions(options, "bind", { dims: anObject });
      const kept = isObject(inputs) ? { ...inputs } : inputs;
      const { variant, arrays } = select(entry, kept, dims);
      check(variant, arrays);
      const parts = withParts(variant.plan, kept);
      const nested = variant.plan.inputs.some(({ name }, i) => isNested(parts[name] as Input, arrays[i] as Elements));
      const run = (): Outputs => {
        try {
          const now = nested ? readInputs([variant.plan], parts).map(({ data }) => data) : arrays;
          return execute(variant, check(variant, now));
        } catch (error) {
          return rethrow(error, run);
        }
      };
      return { outputs: variant.outputs, run };
    }),
    touch() {
      version++;
    },
    set: door((...given: SettingValues) => {
      setSettings(plan, slots, given);
      version++;
    }),
    reset: door((given) => {
      const options: ResetOptions = isObject(given)
        ? checkOptions(given, "reset", { seed: ["an integer", () => true], only: aPattern })
        : { seed: given };
      const words = slots.get("rng.seed");
      const { seed = isObject(given) ? seedOf(words) : undefined, only = "*" } = options;
      if (typeof seed !== "number" || !Number.isSafeInteger(seed) || seed < 0)
        return reject("E0804", `the seed must be an integer from 0 to 2^53 - 1, got ${showValue(seed)}`);
      const chosen = matching(only, plan.persistent, "reset");
      const before = takeSnapshot(plan.persistent, buffer);
      for (const data of slots.values()) data.fill(0);
      words?.set([seed | 0, Math.floor(seed / 2 ** 32) | 0]);
      for (const variant of variants.get("init") ?? []) variant.call();
      putSnapshot(plan.persistent, buffer, before, (slot) => !chosen(slot));
      version++;
    }),
    snapshot: () => takeSnapshot(plan.persistent, buffer),
    restore: door((snapshot, options = {}) => {
      const { only = "*" } = checkOptions(options, "restore", { only: aPattern });
      putSnapshot(plan.persistent, buffer, bytesOf(snapshot, "restore"), matching(only, plan.persistent, "restore"));
      version++;
    }),
    save: door((options = {}) => saveWeights(plan.persistent, buffer, options)),
    load: door((file, options = {}) => {
      const result = loadWeights(plan, buffer, bytesOf(file, "load"), options);
      version++;
      return result;
    }),
    profile: door((entry, inputs = {}, runs = 10) => {
      if (plan.profiled.length === 0 || options.profiler === undefined)
        return reject("E0805", "this model was not built for profiling", "compile with `profile`");
      const { variant, arrays } = select(entry, inputs, undefined);
      const values = check(variant, arrays);
      const before = session.snapshot();
      prepare(variant);
      const profile = options.profiler(variant.plan.steps, exports, buffer, runs, () => fill(variant, values));
      session.restore(before);
      return profile;
    }),
  };
  const { seed = 0 } = options;
  session.reset(seed);
  return session;
});

/** The caller has the plan and the shapes in it, and must not change them. */
function freeze(value: unknown): void {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
}

/** The seed that the two words of the random state are. */
const seedOf = (words: TensorData | undefined): number =>
  words === undefined ? 0 : ((words[0] as number) >>> 0) + ((words[1] as number) >>> 0) * 2 ** 32;

const outputsOf = ({ outputs }: EntryPlan, data: (slot: NamedSlot) => TensorData): Outputs =>
  Object.fromEntries(outputs.map((slot) => [slot.name, { dtype: slot.dtype, shape: slot.shape, data: data(slot) }]));

function frozen(outputs: Outputs): Outputs {
  for (const tensor of Object.values(outputs)) Object.freeze(tensor);
  return Object.freeze(outputs);
}
