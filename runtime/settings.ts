import type { Core } from "./core.ts";
import { reject } from "./error.ts";
import { isObject, showShort } from "./kinds.ts";
import type { AnyModel, ModelOf, TensorData } from "./model.ts";

/** The feature `set`: writes the values of settings into their states, or none if one is wrong. */
export const settings = (core: Core): Pick<ModelOf<AnyModel>, "set"> => ({
  set(given: unknown, value?: unknown) {
    const values = isObject(given) ? given : { [typeof given === "string" ? given : showShort(given)]: value };
    const checked = Object.entries(values).map(([name, each]) => checkSetting(core, name, each));
    for (const { data, number } of checked) data[0] = number;
    core.touch();
  },
});

/** Throws E0815 for an unknown setting, E0816 for a value out of range. */
function checkSetting(
  { plan, slots }: Core,
  name: string,
  value: unknown,
): { readonly data: TensorData; readonly number: number } {
  const { settings: all = [] } = plan;
  const { path, low, high } =
    all.find((setting) => setting.name === name) ??
    reject("E0815", `unknown setting \`${name}\``, `its settings are ${all.map((s) => s.name).join(", ")}`);
  const data = slots.get(path) as TensorData;
  const whole = !(data instanceof Float32Array || data instanceof Float64Array);
  const number = value as number;
  if (!Number.isFinite(value) || (whole && !Number.isInteger(value)))
    reject("E0816", `${name} must be ${whole ? "an integer" : "a number"}, got ${showShort(value)}`);
  if (number < (low ?? -Infinity) || number > (high ?? Infinity))
    reject("E0816", `${name} must be from ${low ?? "any number"} to ${high ?? "any number"}, got ${number}`);
  return { data, number };
}
