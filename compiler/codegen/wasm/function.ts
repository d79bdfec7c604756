import { invariant } from "../../support/invariant.ts";
import { opcodes, type Control, type Mnemonic, type Opcode, type ValType } from "./opcodes.ts";

/**
 * One instruction. Immediates: memory `[log2 align, offset]`, then lane; `f32.const` its bits; `v128.const` four 32-bit
 * words; shuffle 16 lanes.
 */
export interface Instruction {
  readonly op: Mnemonic | Control;
  readonly immediates: readonly number[];
}

/** Locals of a bank are numbered together; `constant` are vectors that are set once, at the beginning. */
export type Bank = ValType | "constant";

export interface Local {
  readonly type: ValType;
  /** Empty for a local that is not used. */
  readonly name: string;
  readonly bank: Bank;
}

/** A finished function without results. The first locals are its parameters. */
export interface WasmFunction {
  /** Identifier, unique in the module. */
  readonly name: string;
  /** The source location; part of the function's name in a name section. */
  readonly origin: string;
  readonly params: number;
  readonly locals: readonly Local[];
  readonly body: readonly Instruction[];
}

/** The callee of a `call`. All functions take only i32 and return nothing. */
export interface Callee {
  readonly index: number;
  readonly params: number;
}

/**
 * Appends instructions and checks each against the types on the stack, as a validator would, so that only valid
 * WebAssembly can be written. Blocks have no operands and no results.
 */
export class FunctionWriter {
  readonly #name: string;
  readonly #origin: string;
  readonly #params: number;
  readonly #locals: Local[] = [];
  readonly #body: Instruction[] = [];
  readonly #stack: ValType[] = [];
  /** The open blocks, with the stack height at the beginning of each. */
  readonly #blocks: { readonly kind: "block" | "loop" | "if" | "else"; readonly height: number }[] = [];

  constructor(name: string, origin: string, params: readonly string[]) {
    this.#name = name;
    this.#origin = origin;
    this.#params = params.length;
    for (const param of params) this.local("i32", param);
  }

  local(type: ValType, name: string, bank: Bank = type): number {
    this.#locals.push({ type, name, bank });
    return this.#locals.length - 1;
  }

  op(op: Mnemonic, ...immediates: readonly number[]): void {
    const { operands, result, immediate }: Opcode = opcodes[op];
    invariant(immediates.length === immediateCount[immediate], `${op} has ${immediates.length} immediates`);
    invariant(immediate !== "memory" || (immediates[1] as number) >= 0, `${op} at a negative offset`);
    for (let index = operands.length - 1; index >= 0; index--) this.#pop(operands[index] as ValType, op);
    if (result !== null) this.#stack.push(result);
    this.#body.push({ op, immediates });
  }

  i32(value: number): void {
    this.op("i32.const", value | 0);
  }

  /** Adds to the i32 on the stack. */
  addConstant(value: number): void {
    if ((value | 0) === 0) return;
    this.i32(value);
    this.op("i32.add");
  }

  get(local: number): void {
    const { type } = this.#local(local);
    this.#stack.push(type);
    const last = this.#body.at(-1);
    if (last?.op === "local.set" && last.immediates[0] === local)
      this.#body[this.#body.length - 1] = { op: "local.tee", immediates: [local] };
    else this.#control("local.get", local);
  }

  set(local: number): void {
    this.#pop(this.#local(local).type, "local.set");
    this.#control("local.set", local);
  }

  /** `condition ? a : b` of the three topmost: a, b, condition. */
  select(type: ValType): void {
    invariant(type !== "v128", "select of a vector is bitselect");
    this.#pop("i32", "select");
    this.#pop(type, "select");
    this.#pop(type, "select");
    this.#stack.push(type);
    this.#control("select");
  }

  block(): void {
    this.#open("block");
  }

  loop(): void {
    this.#open("loop");
  }

  if(): void {
    this.#pop("i32", "if");
    this.#open("if");
  }

  else(): void {
    const block = this.#close("else");
    invariant(block.kind === "if", "else without if");
    this.#blocks.push({ kind: "else", height: block.height });
    this.#control("else");
  }

  end(): void {
    this.#close("end");
    this.#control("end");
  }

  brIf(depth: number): void {
    this.#pop("i32", "br_if");
    const target = this.#blocks.at(-1 - depth);
    invariant(target !== undefined && target.height === this.#stack.length, "br_if leaves values on the stack");
    this.#control("br_if", depth);
  }

  call(callee: Callee): void {
    for (let index = 0; index < callee.params; index++) this.#pop("i32", "call");
    this.#control("call", callee.index);
  }

  finish(): WasmFunction {
    invariant(
      this.#blocks.length === 0 && this.#stack.length === 0,
      `${this.#name} ends inside a block or with values left`,
    );
    return { name: this.#name, origin: this.#origin, params: this.#params, locals: this.#locals, body: this.#body };
  }

  #local(index: number): Local {
    const local = this.#locals[index];
    invariant(local !== undefined, `no local ${index}`);
    return local;
  }

  #control(op: Control, ...immediates: readonly number[]): void {
    this.#body.push({ op, immediates });
  }

  #pop(type: ValType, by: string): void {
    const floor = this.#blocks.at(-1)?.height ?? 0;
    const found = this.#stack.length > floor ? this.#stack.pop() : undefined;
    invariant(found === type, `${by} in ${this.#name} takes ${type}, not ${found ?? "nothing"}`);
  }

  #open(kind: "block" | "loop" | "if"): void {
    this.#control(kind);
    this.#blocks.push({ kind, height: this.#stack.length });
  }

  #close(by: string): { readonly kind: string; readonly height: number } {
    const block = this.#blocks.pop();
    invariant(
      block !== undefined && block.height === this.#stack.length,
      `${by} in ${this.#name} closes a block that is not open or not empty`,
    );
    return block;
  }
}

const immediateCount = {
  none: 0,
  memory: 2,
  lane: 1,
  "memory lane": 3,
  i32: 1,
  f32: 1,
  v128: 4,
  shuffle: 16,
} as const satisfies Readonly<Record<Opcode["immediate"], number>>;
