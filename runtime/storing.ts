import type { Core } from "./core.ts";
import { reject } from "./error.ts";
import { asBytes } from "./files.ts";
import type { AnyModel, ModelOf, RestoreOptions, SaveOptions } from "./model.ts";
import { matching, slotBytes } from "./slots.ts";
import { putSnapshot, takeSnapshot } from "./snapshot.ts";
import { startFrom } from "./start-from.ts";
import { writeSafetensors } from "./write-safetensors.ts";

/** The features by which params and states leave a model and come back. */
export const storing = (core: Core): Pick<ModelOf<AnyModel>, "snapshot" | "restore" | "save" | "load"> => {
  const { plan, buffer } = core;
  const slots = plan.persistent;
  return {
    snapshot: () => takeSnapshot(slots, buffer),
    restore(snapshot, { only = "*" }: RestoreOptions = {}) {
      putSnapshot(slots, buffer, asBytes(snapshot), matching(only, slots, "restore"));
      core.touch();
    },
    save({ only, metadata, settings = false, random = false }: SaveOptions = {}) {
      const chosen = slots.filter(({ kind, role }) =>
        only === undefined ? (role === "setting" ? settings : role !== "random" || random) : kind === only,
      );
      const stored = chosen.map((slot) => [slot.path, { ...slot, bytes: slotBytes(buffer, slot) }] as const);
      return writeSafetensors(new Map(stored), metadata);
    },
    load(file, options) {
      if (options !== undefined) reject("E0809", "`load` of this build has no options", "build with --full");
      return { loaded: startFrom(core, asBytes(file)), skipped: [] };
    },
  };
};
