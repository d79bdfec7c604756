import { isObject, showName, showValue } from "./door.ts";
import type { TensorData } from "./dtype.ts";
import { reject } from "./error.ts";
import type { Plan } from "./plan.ts";
import { nearOrAll } from "./suggest.ts";

/** One setting and its value, or the values of several by name. */
export type SettingValues =
  | readonly [name: string, value: number]
  | readonly [values: Readonly<Record<string, number>>];

/**
 * Writes the values of settings into their states, or none if one is wrong. Throws E0815 for an unknown setting, E0816
 * for a value out of range.
 */
export function setSettings(plan: Plan, slots: ReadonlyMap<string, TensorData>, given: SettingValues): void {
  const [first, value] = given;
  const values: readonly (readonly [string, unknown])[] = isObject(first)
    ? Object.entries(first)
    : [[first as string, value]];
  const checked = values.map(([name, each]) => checkSetting(plan, slots, name, each));
  for (const { data, number } of checked) data[0] = number;
}

function checkSetting(
  plan: Plan,
  slots: ReadonlyMap<string, TensorData>,
  name: string,
  value: unknown,
): { readonly data: TensorData; readonly number: number } {
  const settings = plan.settings ?? [];
  const setting = settings.find((s) => s.name === name);
  if (setting === undefined)
    return reject(
      "E0815",
      `unknown setting ${showName(name)}`,
      settings.length === 0
        ? "the model has no settings"
        : nearOrAll(
            name,
            settings.map((s) => s.name),
            "the model has",
          ),
    );
  const data = slots.get(setting.path) as TensorData;
  const { low, high } = setting;
  const whole = !(data instanceof Float32Array || data instanceof Float64Array);
  if (typeof value !== "number" || !Number.isFinite(value) || (whole && !Number.isInteger(value)))
    return reject("E0816", `${name} must be ${whole ? "an integer" : "a number"}, got ${showValue(value)}`);
  if ((low !== null && value < low) || (high !== null && value > high))
    reject("E0816", `${name} must be from ${low} to ${high}, got ${value}`);
  return { data, number: value };
}
