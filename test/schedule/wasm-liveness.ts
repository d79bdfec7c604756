import type { Instruction, WasmFunction } from "../../compiler/codegen/wasm/function.ts";
import { opcodes, type Mnemonic, type ValType } from "../../compiler/codegen/wasm/opcodes.ts";
import { invariant, present } from "../../compiler/support/invariant.ts";

/** Indices of a `loop` and its `end` in a function's body. */
export interface LoopRange {
  readonly start: number;
  readonly end: number;
}

/** The loops of a function, in the order in which they begin. */
export function loopsOf({ body }: WasmFunction): readonly LoopRange[] {
  const open: { readonly start: number; readonly loop: boolean }[] = [];
  const found: LoopRange[] = [];
  body.forEach(({ op }, at) => {
    if (op === "loop" || op === "block" || op === "if") open.push({ start: at, loop: op === "loop" });
    if (op !== "end") return;
    const { start, loop } = present(open.pop(), "an end closes a block");
    if (loop) found.push({ start, end: at });
  });
  return found.toSorted((a, b) => a.start - b.start);
}

export type Live = ReadonlySet<number>;

/** The live locals after each instruction. The only branch in the functions is the `br_if` before a loop's end. */
export function liveLocals({ body }: WasmFunction): readonly Live[] {
  const after = new Array<Live>(body.length).fill(new Set());
  const ends = matchingEnds(body);

  /** The locals that are live before instruction `from`, given those that are live after `to`. */
  const region = (from: number, to: number, out: Live): Live => {
    const blocks: number[] = [];
    for (let at = from; at <= to; at++) {
      blocks.push(at);
      at = ends.get(at)?.end ?? at;
    }
    return blocks.reduceRight((live, at) => statement(at, live), out);
  };

  const statement = (at: number, out: Live): Live => {
    const { op, immediates } = present(body[at], "an instruction");
    const [local = -1] = immediates;
    after[at] = out;
    switch (op) {
      case "local.get":
        return new Set(out).add(local);
      case "local.set":
      case "local.tee":
        return without(out, local);
      case "loop":
        return loop(at, out);
      case "if":
      case "block": {
        const { end, otherwise } = present(ends.get(at), "a block ends");
        const then = region(at + 1, (otherwise ?? end) - 1, out);
        const other = op === "block" ? then : otherwise === null ? out : region(otherwise + 1, end - 1, out);
        return union(then, other);
      }
      default:
        return out;
    }
  };

  const loop = (at: number, out: Live): Live => {
    const { end } = present(ends.get(at), "a loop ends");
    let head: Live = new Set();
    for (let before = -1; before !== head.size;) {
      before = head.size;
      head = region(at + 1, end - 1, union(out, head));
    }
    return head;
  };

  region(0, body.length - 1, new Set());
  return after;
}

const union = (a: Live, b: Live): Live => new Set([...a, ...b]);
const without = (live: Live, local: number): Live => new Set([...live].filter((other) => other !== local));

/** The `end` of each `loop`, `if` and `block`, and its `else`, if any. */
function matchingEnds(
  body: readonly Instruction[],
): ReadonlyMap<number, { readonly end: number; readonly otherwise: number | null }> {
  const ends = new Map<number, { readonly end: number; readonly otherwise: number | null }>();
  const open: { readonly start: number; otherwise: number | null }[] = [];
  body.forEach(({ op }, at) => {
    if (op === "loop" || op === "block" || op === "if") open.push({ start: at, otherwise: null });
    if (op === "else") present(open.at(-1), "an else has an if").otherwise = at;
    if (op === "end") {
      const { start, otherwise } = present(open.pop(), "an end closes a block");
      ends.set(start, { end: at, otherwise });
    }
  });
  return ends;
}

interface Entry {
  readonly type: ValType;
  /** The local that contains the same value, until it is overwritten. */
  readonly local: number | null;
}

/** Whether an instruction names a local. */
const namesLocal = ({ op }: Instruction): boolean => op === "local.get" || op === "local.set" || op === "local.tee";

/**
 * Vectors that an iteration takes from the previous one: sums. Each is a chain of dependent operators; several hide
 * each other's latency.
 */
export function carriedVectors(f: WasmFunction, { start, end }: LoopRange): number {
  const [read, written] = [new Set<number>(), new Set<number>()];
  for (const instruction of f.body.slice(start + 1, end)) {
    const [local = -1] = instruction.immediates;
    if (!namesLocal(instruction) || f.locals[local]?.type !== "v128") continue;
    if (instruction.op !== "local.get") written.add(local);
    else if (!written.has(local)) read.add(local);
  }
  return [...read].filter((local) => written.has(local)).length;
}

/**
 * The most live vectors within the range: in locals that are used later, or on the stack. Each needs a register.
 * Vectors that are used only after the range can be in memory at no cost, and are not counted.
 */
export function mostLiveVectors(f: WasmFunction, live: readonly Live[], { start, end }: LoopRange): number {
  const named = f.body.slice(start + 1, end).filter(namesLocal);
  const used = new Set(named.map(({ immediates: [local = -1] }) => local));
  const isVector = (local: number): boolean => used.has(local) && f.locals[local]?.type === "v128";
  let stack: Entry[] = [];
  let most = 0;
  for (let at = start + 1; at < end; at++) {
    const { op, immediates } = present(f.body[at], "an instruction");
    const [local = -1] = immediates;
    switch (op) {
      case "local.get":
        stack.push({ type: present(f.locals[local], "a local").type, local });
        break;
      case "local.set":
      case "local.tee": {
        const { type } = present(stack.pop(), "a value to set");
        stack = stack.map((entry) => (entry.local === local ? { ...entry, local: null } : entry));
        if (op === "local.tee") stack.push({ type, local });
        break;
      }
      case "select": {
        stack.pop();
        const { type } = present(stack.pop(), "a value to select");
        stack.pop();
        stack.push({ type, local: null });
        break;
      }
      case "if":
      case "br_if":
        stack.pop();
        break;
      case "loop":
      case "block":
      case "else":
      case "end":
        break;
      case "call":
      case "br":
        invariant(false, `unexpected ${op} in a kernel`);
        break;
      default: {
        const { operands, result } = opcodes[op as Mnemonic];
        stack.splice(stack.length - operands.length);
        if (result !== null) stack.push({ type: result, local: null });
      }
    }
    const inLocals = [...present(live[at], "liveness")].filter(isVector);
    const held = new Set(inLocals);
    const onStack = stack.filter(({ type, local: from }) => type === "v128" && !(from !== null && held.has(from)));
    const copies = new Set(onStack.flatMap(({ local: from }) => from ?? []));
    most = Math.max(most, held.size + copies.size + onStack.filter(({ local: from }) => from === null).length);
  }
  return most;
}
