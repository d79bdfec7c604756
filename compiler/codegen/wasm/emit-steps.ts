import type { Address } from "../../../runtime/address.ts";
import type { Step } from "../../../runtime/plan.ts";
import { invariant, never } from "../../support/invariant.ts";
import type { Callee, FunctionWriter } from "./function.ts";

/**
 * Emits the steps of an entry, in order. `counters` are the locals that count the iterations of the enclosing loops.
 */
export function emitSteps(
  steps: readonly Step[],
  counters: readonly number[],
  to: FunctionWriter,
  callee: (kernel: string) => Callee,
): void {
  for (const step of steps) {
    switch (step.kind) {
      case "call": {
        const kernel = callee(step.kernel);
        const args = [...step.args, ...(step.scalars ?? [])];
        invariant(args.length === kernel.params, `${step.kernel} takes ${kernel.params} values, not ${args.length}`);
        for (const arg of args) emitAddress(arg, counters, to);
        to.call(kernel);
        break;
      }
      case "loop": {
        if (step.turns === 0) break;
        const counter = to.local("i32", `iteration${counters.length}`);
        to.i32(0);
        to.set(counter);
        to.loop();
        emitSteps(step.body, [...counters, counter], to, callee);
        to.get(counter);
        to.i32(1);
        to.op("i32.add");
        to.set(counter);
        to.get(counter);
        to.i32(step.turns);
        to.op("i32.lt_u");
        to.brIf(0);
        to.end();
        break;
      }
      case "while":
        to.block();
        to.loop();
        emitSteps(step.condition, counters, to, callee);
        emitAddress(step.flag, counters, to);
        to.op("i32.load8_u", 0, 0);
        to.op("i32.eqz");
        to.brIf(1);
        emitSteps(step.body, counters, to, callee);
        to.i32(1);
        to.brIf(0);
        to.end();
        to.end();
        break;
      case "branch":
        emitAddress(step.flag, counters, to);
        to.op("i32.load8_u", 0, 0);
        to.if();
        emitSteps(step.then, counters, to, callee);
        to.else();
        emitSteps(step.otherwise, counters, to, callee);
        to.end();
        break;
      default:
        never(step);
    }
  }
}

function emitAddress(address: Address, counters: readonly number[], to: FunctionWriter): void {
  if (typeof address === "number") return to.i32(address);
  to.i32(address.offset);
  address.strides.forEach((stride, depth) => {
    const counter = counters[depth];
    invariant(counter !== undefined, "an address has a stride for a loop that does not enclose it");
    if (stride === 0) return;
    to.get(counter);
    to.i32(stride);
    to.op("i32.mul");
    to.op("i32.add");
  });
}
