import type { Plan } from "../../runtime/plan.ts";
import type { Session } from "../../runtime/session.ts";
import { writeSafetensors } from "../../runtime/write-safetensors.ts";

/**
 * The weights of a build as safetensors: params, the state of layers, and that of optimizers where it is not zeros,
 * which is what memory begins as.
 */
export function builtWeights(
  { state }: Pick<Session, "state">,
  { persistent }: Pick<Plan, "persistent">,
  build?: string,
): Uint8Array<ArrayBuffer> {
  const stored = persistent.flatMap(({ path, role, dtype, shape }) => {
    const data = state.get(path)?.data;
    const wanted = role === undefined || (role === "optimizer" && data?.some((value) => value !== 0) === true);
    if (data === undefined || !wanted) return [];
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return [[path, { dtype, shape, bytes }] as const];
  });
  return writeSafetensors(new Map(stored), build === undefined ? {} : { build });
}
