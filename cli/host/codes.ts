import { codes as frontendCodes } from "../../compiler/frontend/errors.ts";
import { syntaxCodes } from "../../dsl/codes.ts";

/** The codes of files, of the runtime and of the commands. Those of the language and of ops come from their own tables. */
export const hostCodes = {
  E0701: "a .npy file that is damaged, or none",
  E0702: "a .npy file with a dtype or an order that is not read",
  E0703: "an IDX file (MNIST) that is damaged, or none",
  E0801: "not enough memory for the model's arena",
  E0802: "a module and a manifest of different builds",
  E0803: "an entry that the model does not have",
  E0804: "a seed that is no integer from 0 to 2^53 - 1",
  E0805: "a profile of a module that was not built for profiling",
  E0806: "a file of a built model that cannot be loaded",
  E0807: "a checked run of a module that was not built for one",
  E0810: "inputs missing, or of unknown names",
  E0811: "an input of the wrong dtype, or no tensor",
  E0812: "inputs of sizes that the entry was not compiled for",
  E0813: "inputs that fit several variants of the entry",
  E0814: "an input value outside its dtype",
  E0815: "a setting that the model does not have",
  E0816: "a value that a setting may not take",
  E0820: "a safetensors file that is damaged, or none",
  E0821: "weights of another model",
  E0822: "a snapshot of another model",
  E0830: "an argument of a decoder that makes no sense",
  E0840: "a kernel that writes outside of its results",
  E0841: "a kernel that reads a value which is not in memory",
  E0842: "a kernel that leaves a part of its result unwritten",
  E0843: "a kernel that spoils what it still has to read",
  E0844: "memory that is not what it should be when an entry ends",
  E0845: "a function that does not do what its kernels do one by one",
  E0901: "a pass that does not exist, or cannot be left out",
  E0902: "a stage that does not exist",
  E1001: "a file that cannot be read",
  E1002: "a file that cannot be written",
  E1003: "an entry that was not compiled for a size of batch",
  E1004: "an entry without logits or probs to score",
  E1005: "a loss that is not a finite number",
  E1006: "a train entry without a loss among its outputs",
  E1007: "a run that cannot be resumed",
  E1008: "a target that cannot be built",
  E1009: "nothing to time",
  E1010: "an unknown data source, or one that is not installed",
  E1011: "a data folder with missing or damaged files",
  E1012: "an entry input that the data cannot feed",
  E1020: "an entry that the file does not have",
  E1021: "a diagnostic code that does not exist",
  E1022: "a pass that changes what a model computes",
  E1023: "code that computes something else than its graph",
} as const satisfies Record<string, string>;

/** The codes of the text forms of graphs (`.ir`) and kernels (`.kir`), which only those meet who write these by hand. */
export const textCodes = {
  "ir-syntax": "a graph's text that cannot be read",
  "ir-name": "a name in a graph's text that is unknown, or given twice",
  "ir-type": "a type or attribute in a graph's text that does not fit its op",
  "ir-invalid": "a graph that breaks a rule of graphs",
  "kir-token": "a character in a kernel's text that begins no word",
  "kir-indent": "an indentation in a kernel's text that is no multiple of two spaces",
  "kir-syntax": "a kernel's text that cannot be read",
  "kir-name": "a name in a kernel's text that is unknown, or given twice",
  "kir-type": "an expression in a kernel's text of the wrong type",
  "kir-invalid": "a kernel that breaks a rule of kernels",
  "kir-index": "an index in a kernel's text that does not fit its buffer",
} as const satisfies Record<string, string>;

/** The sentence of each code that has a page under `docs/diagnostics/`; the conditions of ops (`dot-c2`) are described by the op table. */
export const catalogue: ReadonlyMap<string, string> = new Map(Object.entries({ ...syntaxCodes, ...frontendCodes, ...hostCodes, ...textCodes }));
