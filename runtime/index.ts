export * from "./decode.ts";
export type { DType, TensorData } from "./dtype.ts";
export { DlcError } from "./error.ts";
export type { EntryType, SlotType } from "./entry-types.ts";
export type { GuardNotes } from "./guard-notes.ts";
export { MemoryFault } from "./memory-fault.ts";
export { memoryGuards, type Guard } from "./guards.ts";
export type { Input, Inputs, Numbers, Structure } from "./input-types.ts";
export { hasRelaxedSimd, type Mode } from "./instantiate.ts";
export { loadBuilt } from "./load-checked.ts";
export type { LoadOptions } from "./load.ts";
export type { Code, EntryPlan, Exports, Manifest, NamedSlot, Persistent, Plan, Setting, Slot, Step } from "./plan.ts";
export { profileSteps, type KernelProfile, type Profile } from "./profile.ts";
export type { LoadReport, WeightsOptions } from "./load-weights.ts";
export { readSafetensors, writeSafetensors, type SafetensorsFile, type StoredTensor } from "./safetensors.ts";
export {
  createSession,
  type BoundEntry,
  type ResetOptions,
  type RestoreOptions,
  type Outputs,
  type RunOptions,
  type Session,
  type SessionOptions,
} from "./session.ts";
export type { StateTensor } from "./state.ts";
export type { Tensor } from "./tensor.ts";
export type { SaveOptions } from "./weights.ts";
