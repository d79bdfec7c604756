import { dtypes } from "../../runtime/dtype.ts";
import { showRanges } from "../../runtime/index-range.ts";
import type { DType } from "../../runtime/model.ts";
import type { SessionEntry, InputSlot, NamedSlot, Persistent, SessionPlan, Setting } from "../../runtime/plan.ts";
import { showType } from "../../runtime/tensor.ts";
import type { ModelParts } from "./model-parts.ts";

/** `module.d.ts`: the types of the runtime, those of this model, and what `module.mjs` exports. */
export const declarations = (
  runtimeTypes: string,
  plan: SessionPlan,
  parts: Pick<ModelParts, "members" | "checked">,
): string =>
  `${withoutHead(runtimeTypes)}
${modelTypes(plan)}
${builtType(parts)}
export function load(options?: LoadOptions): Promise<Model>;
/** Codes are stable: \`dlc explain CODE\` explains them. */
export class DlcError extends Error {
  readonly code: string;
  /** The message without its code, location and help. */
  readonly says: string;
  readonly help: string | undefined;
  /** Where the file of the model declares what the error is about: \`model.dl:7:16\`. */
  readonly at: string | undefined;
}
`;

/** `client.d.ts`: the types of calls to a worker, and what `client.mjs` exports. */
export const clientDeclarations = (workerTypes: string, trains: boolean): string =>
  `${withoutHead(workerTypes).replace("./model.ts", "./module.js")}
import type { Model, Types } from "./module.js";
export { DlcError } from "./module.js";
export type WorkerModel = WorkerModelOf<Types, Model>${trains ? " & Training<Types>" : ""};
export function loadInWorker(options?: LoadInWorkerOptions): Promise<WorkerModel>;
`;

/** Without the comment about the file. */
const withoutHead = (text: string): string => text.replace(/^\/\*[\s\S]*?\*\/\s*/, "");

/** `Model`: the members that the build has. */
export function builtType({ members, checked }: Pick<ModelParts, "members" | "checked">): string {
  const own = checked ? members : members.filter((name) => name !== "load");
  const pick = `Pick<ModelOf<Types>, ${own.map((name) => `"${name}"`).join(" | ")}>`;
  return own.length === members.length
    ? `export type Model = ${pick};`
    : `export type Model = ${pick} & {
  /** Loads weights (safetensors), which must have all params and the state of layers. With --full it takes options. */
  load(file: Uint8Array | ArrayBufferLike): LoadReport;
};`;
}

/** `Types`: entries, settings and state of one model, as `ModelOf` and `compile` take them. */
export function modelTypes({ entries, settings = [], persistent }: SessionPlan): string {
  const names = [...new Set(entries.map(({ name }) => name))].filter((name) => name !== "init");
  return [
    "export interface Types extends ModelTypes {",
    "  readonly entries: {",
    ...names.flatMap((name) => indented(entryLines(entries.filter((entry) => entry.name === name)), 4)),
    "  };",
    "  readonly settings: {",
    ...settings.flatMap((setting) => indented(settingLines(setting), 4)),
    "  };",
    "  readonly state: {",
    ...persistent.map((slot) => `    ${member(slot.path)}: StateTensor<${tensorArguments([slot])}>;`),
    "  };",
    "}",
    "",
  ].join("\n");
}

const indented = (lines: readonly string[], columns: number): readonly string[] =>
  lines.map((line) => `${" ".repeat(columns)}${line}`);

function entryLines(variants: readonly SessionEntry[]): readonly string[] {
  const [first] = variants as [SessionEntry];
  const dims = [...new Set(variants.map((entry) => dimsType(entry.dims)))].join(" | ");
  return [
    `${member(first.name)}: {`,
    `  readonly inputs: ${inputsType(variants)};`,
    "  readonly outputs: {",
    ...first.outputs.flatMap((slot, i) =>
      indented(
        slotLines(
          slot.name,
          variants.map(({ outputs }) => outputs[i]),
          (slots) => `Tensor<${tensorArguments(slots)}>`,
        ),
        4,
      ),
    ),
    "  };",
    `  readonly dims: ${dims};`,
    "};",
  ];
}

const dimsType = (dims: SessionEntry["dims"]): string =>
  Object.keys(dims).length === 0
    ? "{ readonly [dim: string]: never }"
    : `{ ${Object.entries(dims)
        .map(([dim, size]) => `${member(dim)}: ${size}`)
        .join("; ")} }`;

/**
 * An input with the structure of a model is given by path, as `state` of another instance, or in parts, as outputs of
 * another entry.
 */
function inputsType(variants: readonly SessionEntry[]): string {
  const [{ inputs, structures = {} }] = variants as [SessionEntry];
  const fields = (prefix: string, keep: (name: string) => boolean, columns: number): string =>
    inputs
      .flatMap(({ name }, i) => {
        if (!keep(name)) return [];
        const slots = variants.map((entry) => entry.inputs[i]);
        const type = (of: readonly NamedSlot[]): string => `Input<${arrayOf(of[0]?.dtype ?? "f32")}>`;
        return indented(slotLines(name.slice(prefix.length), slots, type), columns);
      })
      .map((line) => `${line}\n`)
      .join("");
  const isPart = (of: string) => (name: string) => name.startsWith(`${of}.`);
  const single = fields("", (name) => !Object.keys(structures).some((of) => isPart(of)(name)), 8);
  const parts = Object.entries(structures).map(
    ([name, model]) =>
      ` & ({\n        /** the structure of ${model} */\n        ${member(name)}: ReadonlyMap<string, StateTensor> | {\n${fields(`${name}.`, isPart(name), 10)}        };\n      } | {\n${fields("", isPart(name), 8)}      })`,
  );
  return `{\n${single}    }${parts.join("")}`;
}

function slotLines(
  name: string,
  variants: readonly (InputSlot | undefined)[],
  type: (slots: readonly NamedSlot[]) => string,
): readonly string[] {
  const slots = variants.filter((slot) => slot !== undefined);
  return [`/** ${[...new Set(slots.map(showSlot))].join(" or ")} */`, `${member(name)}: ${type(slots)};`];
}

function showSlot(slot: InputSlot): string {
  const ranges = new Set(slot.indices?.map(({ allowed }) => showRanges(allowed)));
  return ranges.size === 0 ? showType(slot) : `${showType(slot)} (${[...ranges].join("; ")})`;
}

/** The array and the shapes, as `Tensor` takes them. */
function tensorArguments(slots: readonly (NamedSlot | Persistent)[]): string {
  const shapes = new Set(slots.map(({ shape }) => `readonly [${shape.join(", ")}]`));
  return `${arrayOf(slots[0]?.dtype ?? "f32")}, ${[...shapes].join(" | ")}`;
}

function settingLines({ name, low, high, scale, default: initial }: Setting): readonly string[] {
  const range = low === null && high === null ? "any number" : `${low ?? "any number"} to ${high ?? "any number"}`;
  return [`/** ${range}${scale === "log" ? ", logarithmic" : ""}; ${initial} at first */`, `${member(name)}: number;`];
}

/** Names of outputs of records and taps, and paths, have dots. */
const member = (name: string): string => `readonly ${/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name)}`;

const arrayOf = (dtype: DType): string => dtypes[dtype].array.name;
