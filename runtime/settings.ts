import { reject, list } from "./error.ts";
import type { Plan } from "./plan.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Writes the value of a setting into its state. Throws E0815 for an unknown setting, E0816 for a value out of range.
 */
export function setSetting(plan: Plan, state: ReadonlyMap<string, Tensor>, name: string, value: number): void {
  const settings = plan.settings ?? [];
  const setting = settings.find((s) => s.name === name);
  if (setting === undefined)
    return reject(
      "E0815",
      `unknown setting \`${name}\``,
      settings.length > 0 ? `the model has ${list(settings.map((s) => s.name))}` : "the model has no settings",
    );
  const tensor = state.get(setting.path);
  if (tensor === undefined) return reject("E0802", `the plan has no state ${setting.path}`);
  const { low, high } = setting;
  const whole = tensor.dtype !== "f32" && tensor.dtype !== "f64";
  if (!Number.isFinite(value) || (whole && !Number.isInteger(value)))
    return reject("E0816", `${name} must be ${whole ? "an integer" : "a number"}, got ${value}`);
  if ((low !== null && value < low) || (high !== null && value > high))
    return reject("E0816", `${name} must be from ${low} to ${high}, got ${value}`);
  tensor.data[0] = value;
}
