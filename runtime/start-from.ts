import { mixed } from "./code-source.ts";
import type { Core } from "./core.ts";
import { list, reject } from "./error.ts";
import type { Persistent } from "./session-plan.ts";
import { slotBytes } from "./slots.ts";
import { byteLength, showType } from "./tensor.ts";
import { textOf } from "./utf8.ts";

interface Header {
  readonly [path: string]:
    | { readonly dtype: string; readonly shape: readonly number[]; readonly data_offsets: readonly [number, number] }
    | undefined;
}

/** The build that a file names, the bytes of the tensors that a model has, and what is wrong about others. */
interface Found {
  readonly id: string | undefined;
  readonly tensors: readonly (readonly [slot: Persistent, bytes: Uint8Array])[];
  readonly wrong: readonly string[];
}

/**
 * Fills a model with the tensors of a safetensors file, which must have all params and the state of layers. Settings
 * and the random state keep their values. The result are the paths that were filled. Reads what the model needs, and no
 * more; `readSafetensors` validates a whole file. Throws E0802 for the weights of another build, E0820 for what is no
 * such file, E0821 for other tensors.
 */
export function startFrom({ plan, buffer, touch }: Core, file: Uint8Array, build?: string): readonly string[] {
  const { id, tensors, wrong } = find(plan.persistent, file);
  // Weights of another training may replace the file; they name no build.
  if (build !== undefined && id !== undefined && id !== build) mixed("the weights");
  if (wrong.length > 0) reject("E0821", `the weights do not match the model: ${list(wrong)}`);
  for (const [slot, bytes] of tensors) slotBytes(buffer, slot).set(bytes);
  touch();
  return tensors.map(([{ path }]) => path);
}

function find(slots: readonly Persistent[], file: Uint8Array): Found {
  try {
    const end = 8 + new DataView(file.buffer, file.byteOffset).getUint32(0, true);
    const header = JSON.parse(textOf(file.subarray(8, end))) as Header;
    const { build: id } = (header["__metadata__"] ?? {}) as { readonly build?: string };
    const tensors: (readonly [Persistent, Uint8Array])[] = [];
    const wrong: string[] = [];
    for (const slot of slots) {
      const found = header[slot.path];
      if (slot.role && (slot.role !== "optimizer" || !found)) continue;
      const type = found ? showType({ ...found, dtype: found.dtype.toLowerCase() }) : "missing";
      const bytes = file.subarray(end).subarray(...(found?.data_offsets ?? [0, 0]));
      if (type === showType(slot) && bytes.length === byteLength(slot)) tensors.push([slot, bytes]);
      else wrong.push(`\`${slot.path}\` is ${type} in ${bytes.length} bytes, not ${showType(slot)}`);
    }
    return { id, tensors, wrong };
  } catch {
    return reject("E0820", "the weights are not a safetensors file");
  }
}
