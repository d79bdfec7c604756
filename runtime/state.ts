import type { StateTensor, TensorData } from "./model.ts";
import type { Persistent } from "./session-plan.ts";
import { byteLength, viewOf } from "./tensor.ts";

/** The memory of a view that the caller may write to, and its contents when they were last compared. */
interface Watched {
  /** False after the caller has dropped the view. */
  kept: boolean;
  readonly now: Int32Array;
  readonly last: Int32Array;
}

/**
 * Params and state as views. What is computed from the weights alone must be computed again after the caller has
 * written to such a view, which JavaScript does not report. So `changed` compares the views that were handed out with
 * their last contents: one pass over these tensors, until the caller has dropped the view. It may have been written to
 * before it was dropped, so it is compared once more.
 */
export function watchedState(
  slots: readonly Persistent[],
  buffer: ArrayBufferLike,
): { readonly state: ReadonlyMap<string, StateTensor>; readonly changed: () => boolean } {
  const watched: Watched[] = [];
  // `changed` does not ask the references: V8 allocates for each that is asked, in every call of an audio worklet.
  const views = new FinalizationRegistry<Watched>((one) => void (one.kept = false));
  const tensor = (slot: Persistent): StateTensor => {
    let view: WeakRef<TensorData> | undefined;
    return Object.freeze({
      kind: slot.kind,
      dtype: slot.dtype,
      shape: slot.shape,
      get data() {
        const known = view?.deref();
        if (known !== undefined) return known;
        const data = viewOf(buffer, slot);
        view = new WeakRef(data);
        // Offsets are multiples of 16, so the last word may reach into a gap.
        const now = new Int32Array(buffer, slot.offset, Math.ceil(byteLength(slot) / 4));
        const one: Watched = { kept: true, now, last: now.slice() };
        watched.push(one);
        views.register(data, one);
        return data;
      },
    });
  };
  return {
    state: new Map(slots.map((slot) => [slot.path, tensor(slot)])),
    changed() {
      let changed = false;
      for (let k = watched.length - 1; k >= 0; k--) {
        const { kept, now, last } = watched[k] as Watched;
        if (!kept) watched.splice(k, 1);
        let i = 0;
        while (i < now.length && now[i] === last[i]) i++;
        if (i === now.length) continue;
        last.set(now);
        changed = true;
      }
      return changed;
    },
  };
}
