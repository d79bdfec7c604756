import { outputsOf, type Core, type Variant } from "./core.ts";
import { describeEntries } from "./entries.ts";
import { reject } from "./error.ts";
import { isNested, matchingVariant, type Elements, type InputRules, type Parts } from "./input.ts";
import { isObject } from "./kinds.ts";
import type { AnyModel, BindOptions, Dims, Input, Inputs, ModelOf, RunOptions, Tensor, TensorData } from "./model.ts";
import type { InputSlot } from "./session-plan.ts";

export type Runs = Pick<ModelOf<AnyModel>, "entries" | "run" | "bind" | "state" | "touch">;

/** The variant of an entry that the inputs fit, and their elements, whose values are not checked yet. */
export function select(
  { variants }: Core,
  rules: InputRules,
  entry: string,
  inputs: Inputs,
  dims: Dims | undefined,
): { readonly variant: Variant; readonly arrays: readonly Elements[] } {
  const names = [...variants.keys()].filter((name) => name !== "init");
  const known =
    (names.includes(entry) && variants.get(entry)) ||
    reject("E0803", `the model has no entry \`${String(entry)}\``, `its entries are ${names.join(", ")}`);
  const { index, arrays } = matchingVariant(
    known.map(({ plan }) => plan),
    inputs,
    rules,
    dims,
  );
  return { variant: known[index] as Variant, arrays };
}

/** All inputs are read before any is written. Usual arrays are used as they are, without an allocation. */
export function checkElements(
  { check }: InputRules,
  { plan, inputs }: Variant,
  arrays: readonly Elements[],
): readonly Elements[] {
  let read = arrays;
  for (let i = 0; i < inputs.length; i++) {
    const given = arrays[i] as Elements;
    const checked = check(plan, plan.inputs[i] as InputSlot, given, (inputs[i] as TensorData).length);
    if (checked !== given) read = read.with(i, checked);
  }
  return read;
}

/** What every model has: its entries, and its params and states. */
export function runsOf(core: Core, rules: InputRules): Runs {
  return {
    entries: describeEntries(core.plan.entries),
    state: core.state,
    touch: core.touch,
    run(entry: string, inputs: Inputs = {}, { view, dims }: RunOptions = {}) {
      const { variant, arrays } = select(core, rules, entry, inputs, dims);
      const outputs = core.execute(variant, checkElements(rules, variant, arrays));
      return view === true ? outputs : outputsOf(variant.plan, ({ name }) => (outputs[name] as Tensor).data.slice());
    },
    bind(entry: string, inputs: Inputs = {}, { dims }: BindOptions = {}) {
      const kept = isObject(inputs) ? { ...inputs } : inputs;
      const { variant, arrays } = select(core, rules, entry, kept as Inputs, dims);
      checkElements(rules, variant, arrays);
      const parts = rules.parts?.(variant.plan, kept as Inputs) ?? (kept as Parts);
      const nested = variant.plan.inputs.some(({ name }, i) => isNested(parts[name] as Input, arrays[i] as Elements));
      return {
        outputs: variant.outputs,
        run() {
          const now = nested ? matchingVariant([variant.plan], parts, rules).arrays : arrays;
          return core.execute(variant, checkElements(rules, variant, now));
        },
      };
    },
  };
}
