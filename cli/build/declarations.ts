import { dtypes, type DType } from "../../runtime/dtype.ts";
import { showRanges } from "../../runtime/index-range.ts";
import type { EntryPlan, InputSlot, Plan } from "../../runtime/plan.ts";
import { showType } from "../../runtime/tensor.ts";

const header = `export type DType = "f32" | "f64" | "i32" | "u8" | "i8" | "bool";
export interface Tensor<Data = Float32Array | Float64Array | Int32Array | Uint8Array | Int8Array> {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Data;
}
export type Input<Data> = Data | readonly number[] | readonly boolean[] | number | { readonly data: Data | readonly number[]; readonly shape: readonly number[] };
`;

const footer = `export interface KernelProfile {
  readonly kernel: string;
  readonly calls: number;
  readonly bestMs: number;
  readonly meanMs: number;
  readonly flops: number;
  readonly bytes: number;
}
export interface Model {
  /** Outputs are copies; with \`view\` they are views, valid until the next call. */
  run<E extends keyof Entries>(entry: E, inputs: Entries[E]["inputs"], options?: { readonly view?: boolean; readonly dims?: Readonly<Record<string, number>> }): Entries[E]["outputs"];
  /** Params and state by path; \`data\` are views. Call \`touch\` after writing to one. */
  readonly state: ReadonlyMap<string, Tensor & { readonly kind: "param" | "state" }>;
  touch(): void;
  reset(seed: number): void;
  snapshot(): Uint8Array<ArrayBuffer>;
  restore(snapshot: Uint8Array): void;
  /** safetensors */
  save(options?: { readonly only?: "param"; readonly metadata?: Readonly<Record<string, string>> }): Uint8Array<ArrayBuffer>;
  load(file: Uint8Array, options?: { readonly partial?: boolean }): { readonly loaded: readonly string[] };
  profile<E extends keyof Entries>(entry: E, inputs: Entries[E]["inputs"], runs?: number): readonly KernelProfile[];
}
export interface LoadOptions {
  /** Starts from this seed instead of the weights in the build. */
  readonly seed?: number;
  /** \`strict\` produces the same bits on every machine. */
  readonly mode?: "fast" | "strict";
  /** Weights to use instead of those in the build (safetensors); null starts from the seed. */
  readonly weights?: Uint8Array | null;
}
export function load(options?: LoadOptions): Promise<Model>;
export class DlcError extends Error {
  readonly code: string;
  readonly says: string;
  readonly help: string | undefined;
}
`;

/** `module.d.ts`: the entries with their inputs and outputs by name, and the session. */
export function declarations(plan: Plan): string {
  const names = [...new Set(plan.entries.map((entry) => entry.name))].filter((name) => name !== "init");
  const entries = names.map((name) => entryType(plan.entries.filter((entry) => entry.name === name)));
  return `${header}export interface Entries {\n${entries.join("")}}\n${footer}`;
}

function entryType(variants: readonly EntryPlan[]): string {
  const [first] = variants;
  if (first === undefined) return "";
  const types = (slots: (entry: EntryPlan) => readonly InputSlot[], i: number): string =>
    [...new Set(variants.map((entry) => showSlot(slots(entry)[i])))].join(" or ");
  const inputs = first.inputs.map(
    ({ name, dtype }, i) =>
      `      /** ${types((entry) => entry.inputs, i)} */\n      readonly ${name}: Input<${arrayOf(dtype)}>;\n`,
  );
  const outputs = first.outputs.map(
    ({ name, dtype }, i) =>
      `      /** ${types((entry) => entry.outputs, i)} */\n      readonly ${name}: Tensor<${arrayOf(dtype)}>;\n`,
  );
  return `  ${first.name}: {\n    inputs: {\n${inputs.join("")}    };\n    outputs: {\n${outputs.join("")}    };\n  };\n`;
}

function showSlot(slot: InputSlot | undefined): string {
  if (slot === undefined) return "";
  const ranges = new Set(slot.indices?.map(({ allowed }) => showRanges(allowed)));
  return ranges.size === 0 ? showType(slot) : `${showType(slot)} (${[...ranges].join("; ")})`;
}
const arrayOf = (dtype: DType): string => dtypes[dtype].array.name;
