import type { Address } from "../../../runtime/address.ts";
import type { Step } from "../../../runtime/plan.ts";
import { invariant, never } from "../../support/invariant.ts";
import type { Callee, FunctionWriter } from "./function.ts";

/** The steps of an entry, in order. `turns` are the locals that count the turns of the loops around them. */
export function emitSteps(steps: readonly Step[], turns: readonly number[], to: FunctionWriter, callee: (kernel: string) => Callee): void {
  for (const step of steps) {
    switch (step.kind) {
      case "call": {
        const kernel = callee(step.kernel);
        invariant(step.args.length === kernel.params, `${step.kernel} takes ${kernel.params} buffers, not ${step.args.length}`);
        for (const arg of step.args) emitAddress(arg, turns, to);
        to.call(kernel);
        break;
      }
      case "loop": {
        if (step.turns === 0) break;
        const turn = to.local("i32", `turn${turns.length}`);
        to.i32(0);
        to.set(turn);
        to.loop();
        emitSteps(step.body, [...turns, turn], to, callee);
        to.get(turn);
        to.i32(1);
        to.op("i32.add");
        to.set(turn);
        to.get(turn);
        to.i32(step.turns);
        to.op("i32.lt_u");
        to.brIf(0);
        to.end();
        break;
      }
      case "while":
        to.block();
        to.loop();
        emitSteps(step.condition, turns, to, callee);
        emitAddress(step.flag, turns, to);
        to.op("i32.load8_u", 0, 0);
        to.op("i32.eqz");
        to.brIf(1);
        emitSteps(step.body, turns, to, callee);
        to.i32(1);
        to.brIf(0);
        to.end();
        to.end();
        break;
      case "branch":
        emitAddress(step.flag, turns, to);
        to.op("i32.load8_u", 0, 0);
        to.if();
        emitSteps(step.then, turns, to, callee);
        to.else();
        emitSteps(step.otherwise, turns, to, callee);
        to.end();
        break;
      default:
        never(step);
    }
  }
}

function emitAddress(address: Address, turns: readonly number[], to: FunctionWriter): void {
  if (typeof address === "number") return to.i32(address);
  to.i32(address.offset);
  address.strides.forEach((stride, depth) => {
    const turn = turns[depth];
    invariant(turn !== undefined, "an address moves with a loop that is around it");
    if (stride === 0) return;
    to.get(turn);
    to.i32(stride);
    to.op("i32.mul");
    to.op("i32.add");
  });
}
