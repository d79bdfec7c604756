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
/** In order, or nested by axis; rows may be typed arrays. */
export type Numbers = readonly (number | boolean)[] | readonly Numbers[] | readonly (Float32Array | Float64Array | Int32Array | Uint8Array | Int8Array)[];
export type Input<Data> = Data | Numbers | number | boolean | { readonly data: Data | Numbers; readonly shape: readonly number[] };
export type State = ReadonlyMap<string, Tensor>;
`;

const footer = `export interface WeightsOptions {
  /** What the file must have: params and the state of layers (\`model\`, the default), only params, or everything. */
  readonly need?: "all" | "model" | "params";
  /** Also loads the settings. */
  readonly settings?: boolean;
  /** Also loads the random state: the seed and the counters of calls. */
  readonly random?: boolean;
  /** Loads what fits and reports the rest. */
  readonly partial?: boolean;
  /** Loads only these tensors of the model, such as \`Net.base.*\`. */
  readonly only?: string | readonly string[];
  /** The name in the model for a name in the file: \`{ "old.*": "new.*" }\` or a function. */
  readonly rename?: Readonly<Record<string, string>> | ((name: string) => string | undefined);
}
export interface LoadReport {
  readonly loaded: readonly string[];
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}
export interface SlotType {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The dim whose size each axis has, or null. */
  readonly dims: readonly (string | null)[];
}
export interface EntryType {
  readonly kind: "plain" | "train" | "draw";
  /** One for each set of dims. */
  readonly variants: readonly { readonly dims: Readonly<Record<string, number>>; readonly inputs: Readonly<Record<string, SlotType>>; readonly outputs: Readonly<Record<string, SlotType>> }[];
}
export interface Model {
  readonly entries: ReadonlyMap<keyof Entries, EntryType>;
  /** Outputs are copies; with \`view\` they are views, valid until the next call. */
  run<E extends keyof Entries>(entry: E, inputs: Entries[E]["inputs"], options?: { readonly view?: boolean; readonly dims?: Readonly<Record<string, number>> }): Entries[E]["outputs"];
  /** For loops: checks the names, dtypes and sizes once, and keeps the arrays. Outputs are views. */
  bind<E extends keyof Entries>(entry: E, inputs: Entries[E]["inputs"], options?: { readonly dims?: Readonly<Record<string, number>> }): { readonly outputs: Entries[E]["outputs"]; run(): Entries[E]["outputs"] };
  /** Params and state by path; \`data\` are views. What is written to one takes effect at the next call. */
  readonly state: ReadonlyMap<string, Tensor & { readonly kind: "param" | "state" }>;
  /** Only for memory that was written to by other means than \`state\`. */
  touch(): void;
  /** Changes a setting, effective from the next call. */
  set(name: string, value: number): void;
  set(values: Readonly<Record<string, number>>): void;
  /** Initializes all params and state again, or some of them; by default with the same seed. */
  reset(seed: number | { readonly seed?: number; readonly only?: string | readonly string[] }): void;
  snapshot(): Uint8Array<ArrayBuffer>;
  restore(snapshot: Uint8Array | ArrayBufferLike, options?: { readonly only?: string | readonly string[] }): void;
  /** safetensors; settings and the random state only if asked for. */
  save(options?: { readonly only?: "param"; readonly settings?: boolean; readonly random?: boolean; readonly metadata?: Readonly<Record<string, string>> }): Uint8Array<ArrayBuffer>;
  load(file: Uint8Array | ArrayBufferLike, options?: WeightsOptions): LoadReport;
}
export interface LoadOptions {
  /** Starts from this seed instead of the weights in the build. */
  readonly seed?: number;
  /** \`strict\` produces the same bits on every machine. */
  readonly mode?: "fast" | "strict";
  /** False leaves out the check that indices in inputs are in range. */
  readonly checks?: boolean;
  /** Weights to use instead of those in the build (safetensors); null starts from the seed. */
  readonly weights?: Uint8Array | ArrayBufferLike | null;
}
export function load(options?: LoadOptions): Promise<Model>;
export class DlcError extends Error {
  readonly code: string;
  readonly says: string;
  readonly help: string | undefined;
  /** Where the file of the model declares what the error is about: \`model.dl:7:16\`. */
  readonly at: string | undefined;
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
  const { structures = {} } = first;
  const given = (prefix: string, keep: (name: string) => boolean, indent: string): string =>
    first.inputs
      .map(({ name, dtype }, i) =>
        keep(name)
          ? `${indent}/** ${types((entry) => entry.inputs, i)} */\n${indent}readonly ${keyOf(name.slice(prefix.length))}: Input<${arrayOf(dtype)}>;\n`
          : "",
      )
      .join("");
  const isPart = (of: string) => (name: string) => name.startsWith(`${of}.`);
  // By path, as `state` of another instance, or as outputs of another entry.
  const parts = Object.entries(structures).map(
    ([name, model]) =>
      ` & ({\n      /** the structure of ${model} */\n      readonly ${keyOf(name)}: State | {\n${given(`${name}.`, isPart(name), "        ")}      };\n    } | {\n${given("", isPart(name), "      ")}    })`,
  );
  const single = given("", (name) => !Object.keys(structures).some((of) => isPart(of)(name)), "      ");
  const outputs = first.outputs.map(
    ({ name, dtype }, i) =>
      `      /** ${types((entry) => entry.outputs, i)} */\n      readonly ${keyOf(name)}: Tensor<${arrayOf(dtype)}>;\n`,
  );
  return `  ${first.name}: {\n    inputs: {\n${single}    }${parts.join("")};\n    outputs: {\n${outputs.join("")}    };\n  };\n`;
}

/** Outputs of records and taps have dots in their names. */
const keyOf = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name));

function showSlot(slot: InputSlot | undefined): string {
  if (slot === undefined) return "";
  const ranges = new Set(slot.indices?.map(({ allowed }) => showRanges(allowed)));
  return ranges.size === 0 ? showType(slot) : `${showType(slot)} (${[...ranges].join("; ")})`;
}
const arrayOf = (dtype: DType): string => dtypes[dtype].array.name;
