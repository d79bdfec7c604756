import { showName, showValue } from "./door.ts";
import type { TensorData } from "./dtype.ts";
import { reject } from "./error.ts";
import type { Plan } from "./plan.ts";
import { nearOrAll } from "./suggest.ts";

/**
 * Writes the value of a setting into its state. Throws E0815 for an unknown setting, E0816 for a value out of range.
 */
export function setSetting(plan: Plan, slots: ReadonlyMap<string, TensorData>, name: string, value: number): void {
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
  if (!Number.isFinite(value) || (whole && !Number.isInteger(value)))
    reject("E0816", `${name} must be ${whole ? "an integer" : "a number"}, got ${showValue(value)}`);
  if ((low !== null && value < low) || (high !== null && value > high))
    reject("E0816", `${name} must be from ${low} to ${high}, got ${value}`);
  data[0] = value;
}
