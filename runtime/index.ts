// The runtime, for Node and browsers: sessions of compiled modules, files of weights, and decoders of outputs.
export * from "./decode.ts";
export { DlcError } from "./error.ts";
export type { GuardNotes } from "./guard-notes.ts";
export { MemoryFault } from "./memory-fault.ts";
export { memoryGuards, type Guard } from "./guards.ts";
export { hasRelaxedSimd, type Mode } from "./instantiate.ts";
export type * from "./model.ts";
export type { Code, EntryPlan, Exports, NamedSlot, Persistent, Plan, Setting, Slot, Step } from "./plan.ts";
export { profileSteps, type KernelProfile, type Profile } from "./profile.ts";
export { readSafetensors, type SafetensorsFile } from "./safetensors.ts";
export { writeSafetensors, type StoredTensor } from "./write-safetensors.ts";
export { createSession, type Session, type SessionOptions } from "./session.ts";
