import { codes as frontendCodes } from "../../compiler/frontend/errors.ts";
import { syntaxCodes } from "../../dsl/codes.ts";

/**
 * The codes of files, of the runtime and of the commands. Those of the language and of ops come from their own tables.
 */
export const hostCodes = {
  E0701: "not a valid .npy file",
  E0702: "a .npy file with an unsupported dtype or order",
  E0703: "not a valid IDX file (MNIST)",
  E0801: "not enough memory for the model's arena",
  E0802: "the files of a built model are from different builds, or cannot run here",
  E0803: "unknown entry",
  E0804: "a seed must be an integer from 0 to 2^53 - 1",
  E0805: "the module was not built for profiling",
  E0806: "cannot load a file of a built model",
  E0807: "the module was not built for checked runs",
  E0808: "the memory of a model was transferred to another thread",
  E0809: "the build lacks a member of the model",
  E0810: "missing or unknown inputs",
  E0811: "an input has the wrong dtype or is not a tensor",
  E0812: "the entry was not compiled for these input sizes",
  E0813: "the inputs match several variants of the entry",
  E0814: "an input value is not a number, or out of range for its dtype",
  E0815: "unknown setting",
  E0816: "a value is out of range for its setting",
  E0817: "an index in an input is out of range",
  E0818: "an argument or option has an unknown name or the wrong kind of value",
  E0819: "the worker of a model has ended",
  E0820: "not a valid safetensors file",
  E0821: "the weights do not match the model",
  E0822: "the snapshot does not match the model",
  E0830: "invalid argument of a decoder",
  E0840: "a kernel writes outside its results",
  E0841: "a kernel reads a value that is not in memory",
  E0842: "a kernel leaves part of its result unwritten",
  E0843: "a kernel overwrites data before reading it",
  E0844: "memory has wrong contents when an entry ends",
  E0845: "a function of the module differs from its kernels run one by one",
  E0901: "a pass is unknown or cannot be disabled",
  E0902: "unknown stage",
  E0903: "a size is given once, for a dim of the program",
  E1001: "cannot read a file",
  E1002: "cannot write a file",
  E1003: "the entry was not compiled for this batch size",
  E1004: "the entry has no logits or probs to evaluate",
  E1005: "the loss is not finite, or a prediction is NaN",
  E1006: "the train entry does not return a loss",
  E1007: "the run cannot be resumed",
  E1008: "the target cannot be built",
  E1009: "nothing to measure",
  E1010: "the data source is unknown",
  E1011: "files are missing or invalid in a data folder",
  E1012: "the data does not match an input of the entry",
  W1013: "an output of the train entry is not a mean over the samples",
  E1014: "a build exceeds its budget",
  E1020: "the file does not have this entry",
  E1021: "unknown diagnostic code",
  E1022: "a pass changes the results of a model",
  E1023: "compiled code computes other values than its graph",
  E1024: "the entry has no input or output of this name",
} as const satisfies Record<string, string>;

/** The codes of the text forms of graphs (`.ir`) and kernels (`.kir`), for graphs and kernels written by hand. */
export const textCodes = {
  "ir-syntax": "syntax error in the text of a graph",
  "ir-name": "unknown or duplicate name in the text of a graph",
  "ir-type": "wrong type or attribute in the text of a graph",
  "ir-invalid": "the graph is invalid",
  "kir-token": "unexpected character in the text of a kernel",
  "kir-indent": "a dedented line of a kernel must align with an enclosing block",
  "kir-syntax": "syntax error in the text of a kernel",
  "kir-name": "unknown or duplicate name in the text of a kernel",
  "kir-type": "expression of the wrong type in the text of a kernel",
  "kir-invalid": "the kernel is invalid",
  "kir-index": "an index in the text of a kernel does not match its buffer",
} as const satisfies Record<string, string>;

/**
 * The sentence of each code that has a page under `docs/diagnostics/`; the conditions of ops (`dot-c2`) are described
 * by the op table.
 */
export const catalogue: ReadonlyMap<string, string> = new Map(
  Object.entries({ ...syntaxCodes, ...frontendCodes, ...hostCodes, ...textCodes }),
);
