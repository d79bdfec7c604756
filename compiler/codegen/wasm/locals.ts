import type { FunctionWriter } from "./function.ts";
import type { ValType } from "./opcodes.ts";

/** Locals of a function, reused after they are released. */
export class Locals {
  readonly #writer: FunctionWriter;
  readonly #free: Record<ValType, number[]> = { i32: [], f32: [], v128: [] };
  readonly #types = new Map<number, ValType>();

  constructor(writer: FunctionWriter) {
    this.#writer = writer;
  }

  take(type: ValType, name: string): number {
    const reused = this.#free[type].pop();
    if (reused !== undefined) return reused;
    const local = this.#writer.local(type, name);
    this.#types.set(local, type);
    return local;
  }

  release(local: number): void {
    const type = this.#types.get(local);
    if (type !== undefined) this.#free[type].push(local);
  }
}
