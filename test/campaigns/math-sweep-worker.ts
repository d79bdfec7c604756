import { parentPort } from "node:worker_threads";
import { present } from "../../compiler/support/invariant.ts";
import { compiled, errorsOf, joined, noErrors, references, type Errors } from "../kernel/math-accuracy.ts";
import { fillBlock } from "./math-arguments.ts";

/** A range of blocks of one function. */
export interface Task {
  readonly name: string;
  readonly stride: number;
  readonly first: number;
  readonly end: number;
}

export type Found = Errors;

const port = present(parentPort, "this file is a worker's");

port.on("message", ({ name, stride, first, end }: Task) => {
  const block = compiled(name);
  const exact = present(references[name], name);
  let found: Found = noErrors;
  for (let index = first; index < end; index++) {
    fillBlock(name, stride, index, block.inputs);
    block.run();
    found = joined(found, errorsOf(block, exact));
  }
  port.postMessage(found);
});
