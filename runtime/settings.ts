import { fail, list } from "./error.ts";
import type { Plan } from "./plan.ts";
import type { Tensor } from "./tensor.ts";

/** Writes the value of a setting into its state. Throws E0815 for a name that the model does not have, E0816 for a value that it may not take. */
export function setSetting(plan: Plan, state: ReadonlyMap<string, Tensor>, name: string, value: number): void {
  const settings = plan.settings ?? [];
  const setting = settings.find((s) => s.name === name);
  if (setting === undefined)
    return fail("E0815", `the model has no setting \`${name}\``, settings.length > 0 ? `it has ${list(settings.map((s) => s.name))}` : "it has none");
  const tensor = state.get(setting.path);
  if (tensor === undefined) return fail("E0802", `the plan has no state ${setting.path}`);
  const { low, high } = setting;
  const whole = tensor.dtype !== "f32" && tensor.dtype !== "f64";
  if (!Number.isFinite(value) || (whole && !Number.isInteger(value)))
    return fail("E0816", `${name} is ${value}, and must be ${whole ? "a whole number" : "a number"}`);
  if ((low !== null && value < low) || (high !== null && value > high)) return fail("E0816", `${name} is ${value}, and must be from ${low} to ${high}`);
  tensor.data[0] = value;
}
