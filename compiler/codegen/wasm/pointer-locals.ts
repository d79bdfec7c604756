import { present } from "../../support/invariant.ts";
import type { Pointer } from "./addresses.ts";
import type { FunctionWriter } from "./function.ts";
import type { Locals } from "./locals.ts";

/** The locals of the pointers of the open loops, and how far each has moved in the current iteration. */
export class PointerLocals {
  readonly #to: FunctionWriter;
  readonly #locals: Locals;
  readonly #bytes: (buffer: string) => number;
  readonly #open = new Map<Pointer, { readonly local: number; moved: number }>();

  constructor(to: FunctionWriter, locals: Locals, bytes: (buffer: string) => number) {
    this.#to = to;
    this.#locals = locals;
    this.#bytes = bytes;
  }

  /** Initializes a pointer with the address on the stack. */
  open(pointer: Pointer): void {
    const local = this.#locals.take("i32", `${pointer.buffer}_at`);
    this.#to.set(local);
    this.#open.set(pointer, { local, moved: 0 });
  }

  close(pointer: Pointer): void {
    this.#locals.release(this.local(pointer));
    this.#open.delete(pointer);
  }

  local(pointer: Pointer): number {
    return this.#state(pointer).local;
  }

  /** Bytes that it has moved since the beginning of the iteration. */
  moved(pointer: Pointer): number {
    return this.#state(pointer).moved;
  }

  /** Bytes from one iteration to the next. */
  bump({ coefficient, owner, buffer }: Pointer): number {
    return coefficient * owner.step * this.#bytes(buffer);
  }

  /** Moves a pointer to `moved` bytes past its address at the beginning of the iteration. */
  move(pointer: Pointer, moved: number): void {
    const state = this.#state(pointer);
    if (moved === state.moved) return;
    this.#to.get(state.local);
    this.#to.addConstant(moved - state.moved);
    this.#to.set(state.local);
    state.moved = moved;
  }

  endIteration(pointer: Pointer): void {
    this.move(pointer, this.bump(pointer));
    this.#state(pointer).moved = 0;
  }

  #state(pointer: Pointer): { readonly local: number; moved: number } {
    return present(this.#open.get(pointer), "the pointer's loop is open");
  }
}
