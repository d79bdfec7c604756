import type { Core } from "./core.ts";
import { reject } from "./error.ts";
import { showShort } from "./kinds.ts";

/**
 * Writes the initial values of all params and states: zeros, the defaults of settings, the seed, and what the entry
 * `init` computes from it.
 */
export function initialize({ plan, slots, variants }: Core, seed: number): void {
  if (!Number.isSafeInteger(seed) || seed < 0)
    reject("E0804", `the seed must be an integer from 0 to 2^53 - 1, got ${showShort(seed)}`);
  for (const data of slots.values()) data.fill(0);
  for (const setting of plan.settings ?? []) slots.get(setting.path)?.fill(setting.default);
  slots.get("rng.seed")?.set([seed | 0, Math.floor(seed / 2 ** 32) | 0]);
  for (const { call } of variants.get("init") ?? []) call();
}
