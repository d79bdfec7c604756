import { i32, type Sizable, type Expr, type Kernel, type MathFunction } from "../../kernel/ir.ts";
import { present, never } from "../../support/invariant.ts";
import { defaultMachine, type Machine } from "../../support/machine.ts";
import type { Addresses, Pointer } from "./addresses.ts";
import { analyse, type Analysis } from "./analysis.ts";
import { emitExpr, rampWords, valTypeOf, wordsOf, type ExprContext } from "./expressions.ts";
import type { FlatLoop, FlatStmt } from "./flatten.ts";
import { FunctionWriter, type WasmFunction } from "./function.ts";
import type { Linear, Term } from "./linear.ts";
import { Locals } from "./locals.ts";
import { bytesOf, emitLoad, emitSplatLoad, emitStore } from "./memory.ts";
import { PointerLocals } from "./pointer-locals.ts";
import { spread } from "./splat-offsets.ts";
import { valuesInLoops, type Load } from "./walk.ts";

export interface KernelOptions {
  /** `madd` of vectors is one relaxed instruction. */
  readonly relaxed: boolean;
  readonly functions: ReadonlyMap<string, MathFunction>;
  readonly machine?: Machine;
}

/** The kernel as a function of one i32 per buffer, the buffer's byte offset, and of its scalars. */
export function emitKernel(
  kernel: Kernel,
  { relaxed, functions, machine = defaultMachine }: KernelOptions,
): WasmFunction {
  return new KernelEmitter(kernel, analyse(kernel, functions), relaxed, machine).emit();
}

class KernelEmitter implements ExprContext {
  readonly to: FunctionWriter;
  readonly locals: Locals;
  readonly relaxed: boolean;
  readonly #machine: Machine;
  readonly #analysis: Analysis;
  readonly #buffers: ReadonlyMap<string, { readonly buffer: Sizable; readonly param: number }>;
  readonly #addresses: Addresses;
  readonly #named = new Map<string, number>();
  readonly #constants = new Map<string, number>();
  readonly #pointers: PointerLocals;
  readonly #loops: FlatLoop[] = [];
  #guard = "";
  /** The guard at the beginning of an iteration of the innermost loop. */
  #iterationGuard = "";

  constructor(kernel: Kernel, analysis: Analysis, relaxed: boolean, machine: Machine) {
    const { buffers, scalars = [] } = kernel;
    this.to = new FunctionWriter(kernel.name, kernel.origin, [...buffers.map(({ name }) => name), ...scalars]);
    this.locals = new Locals(this.to);
    this.relaxed = relaxed;
    this.#machine = machine;
    this.#analysis = analysis;
    this.#addresses = analysis.addresses;
    this.#buffers = new Map(buffers.map((buffer, param) => [buffer.name, { buffer, param }]));
    for (const [i, name] of scalars.entries()) this.#named.set(name, buffers.length + i);
    this.#pointers = new PointerLocals(this.to, this.locals, (name) => this.#bytes(name));
  }

  emit(): WasmFunction {
    this.#hoistConstants();
    this.#block(this.#analysis.body);
    return this.to.finish();
  }

  local(name: string): number {
    return present(this.#named.get(name), `${name} has no local`);
  }

  constant(words: readonly number[]): number | undefined {
    return this.#constants.get(words.join());
  }

  load(x: Load, splat: boolean): void {
    const { element } = this.#buffer(x.buffer);
    const offset = this.#address(x.buffer, x.at);
    if (splat && bytesOf[element] === 4) return emitSplatLoad(this.to, offset);
    emitLoad(this.to, element, x.type.lanes, offset);
    if (splat) this.to.op("i32x4.splat");
  }

  /**
   * V8 materializes a vector constant at each use, so constants that loops use go into locals. Zero is as cheap as a
   * copy.
   */
  #hoistConstants(): void {
    for (const x of valuesInLoops(this.#analysis.body)) {
      const words =
        x.kind === "const" && x.type.lanes === 4
          ? wordsOf(x)
          : x.kind === "apply" && x.op === "ramp"
            ? rampWords
            : null;
      if (words === null || words.every((word) => word === 0) || this.constant(words) !== undefined) continue;
      const local = this.to.local("v128", "c", "constant");
      this.to.op("v128.const", ...words);
      this.to.set(local);
      this.#constants.set(words.join(), local);
    }
  }

  #block(block: readonly FlatStmt[]): void {
    const outer = this.#guard;
    this.#guard = this.#addresses.guardOf(block, outer);
    const ending = this.#analysis.lastUses.in(block);
    block.forEach((stmt, index) => {
      this.#statement(stmt);
      for (const name of ending.get(index) ?? []) {
        const local = this.#named.get(name);
        if (local !== undefined) this.locals.release(local);
      }
    });
    this.#guard = outer;
  }

  #statement(stmt: FlatStmt): void {
    switch (stmt.kind) {
      case "for":
        return stmt.trips === null ? this.#openLoop(stmt) : this.#countedLoop(stmt);
      case "unrolled":
        return this.#unrolled(stmt.bodies);
      case "let":
        if (this.#analysis.needed.has(stmt.name)) this.#bind(stmt.name, stmt.value);
        return;
      case "var":
        return this.#bind(stmt.name, stmt.init);
      case "set":
        emitExpr(this, stmt.value);
        return this.to.set(this.local(stmt.name));
      case "store": {
        const { element } = this.#buffer(stmt.buffer);
        const offset = this.#address(stmt.buffer, stmt.at);
        emitExpr(this, stmt.value);
        return emitStore(this.to, element, stmt.value.type.lanes, offset);
      }
      case "if":
        emitExpr(this, stmt.when);
        this.to.if();
        this.#block(stmt.then);
        if (stmt.otherwise.length > 0) {
          this.to.else();
          this.#block(stmt.otherwise);
        }
        return this.to.end();
      default:
        return never(stmt);
    }
  }

  #bind(name: string, value: Expr): void {
    emitExpr(this, value);
    const local = this.locals.take(valTypeOf(value.type), name);
    this.#named.set(name, local);
    this.to.set(local);
  }

  /** A loop of at least two iterations. If the loop's variable is not used, a moving pointer counts the iterations. */
  #countedLoop(loop: FlatLoop): void {
    const pointers = this.#enter(loop);
    const counter = this.#analysis.needed.has(loop.name)
      ? undefined
      : pointers.find((pointer) => pointer.coefficient !== 0);
    if (counter === undefined) this.#bind(loop.name, loop.from);
    const end = counter === undefined ? null : this.locals.take("i32", `${loop.name}_end`);
    if (counter !== undefined && end !== null) {
      this.to.get(this.#pointers.local(counter));
      this.to.addConstant(this.#pointers.bump(counter) * present(loop.trips, "the trip count is known"));
      this.to.set(end);
    }
    this.to.loop();
    this.#iteration(loop, pointers);
    if (counter !== undefined && end !== null) {
      this.to.get(this.#pointers.local(counter));
      this.to.get(end);
      this.to.op("i32.ne");
      this.locals.release(end);
    } else this.#advance(loop);
    this.to.brIf(0);
    this.to.end();
    this.#leave(loop, pointers);
  }

  /** A loop of any number of iterations, possibly none. */
  #openLoop(loop: FlatLoop): void {
    this.#bind(loop.name, loop.from);
    const bounded = loop.to.kind === "const" ? null : `${loop.name} end`;
    if (bounded !== null) this.#bind(bounded, loop.to);
    const to: Expr = bounded === null ? loop.to : { kind: "var", type: i32, name: bounded };
    this.to.get(this.local(loop.name));
    emitExpr(this, to);
    this.to.op("i32.lt_s");
    this.to.if();
    const pointers = this.#enter(loop);
    this.to.loop();
    this.#iteration(loop, pointers);
    this.#advance({ ...loop, to });
    this.to.brIf(0);
    this.to.end();
    this.#leave(loop, pointers);
    this.to.end();
    if (bounded !== null) this.locals.release(this.local(bounded));
  }

  /** Initializes the loop's pointers. */
  #enter(loop: FlatLoop): readonly Pointer[] {
    const pointers = this.#addresses.pointersOf(loop);
    for (const pointer of pointers) {
      const offset = this.#locate(pointer.buffer, this.#addresses.start(pointer), null);
      this.to.addConstant(offset);
      this.#pointers.open(pointer);
    }
    return pointers;
  }

  #iteration(loop: FlatLoop, pointers: readonly Pointer[]): void {
    const outer = this.#iterationGuard;
    this.#iterationGuard = this.#addresses.guardOf(loop.body, this.#guard);
    this.#loops.push(loop);
    this.#block(loop.body);
    this.#loops.pop();
    this.#iterationGuard = outer;
    for (const pointer of pointers) this.#pointers.endIteration(pointer);
  }

  /** Increments the loop's variable, and leaves on the stack whether there is another iteration. */
  #advance(loop: FlatLoop): void {
    const local = this.local(loop.name);
    this.to.get(local);
    this.to.addConstant(loop.step);
    this.to.set(local);
    this.to.get(local);
    emitExpr(this, loop.to);
    this.to.op("i32.lt_s");
  }

  #leave(loop: FlatLoop, pointers: readonly Pointer[]): void {
    for (const pointer of pointers) this.#pointers.close(pointer);
    const local = this.#named.get(loop.name);
    if (local !== undefined) this.locals.release(local);
  }

  /** Unrolled iterations. Pointers whose splats would otherwise have too many offsets move between them. */
  #unrolled(bodies: readonly (readonly FlatStmt[])[]): void {
    const loop = this.#loops.at(-1);
    // Under an `if`, the pointer would not move when the other branch is taken.
    const always = loop !== undefined && this.#guard === this.#iterationGuard;
    const moves = always
      ? spread(
          bodies,
          (x) => this.#addresses.locate(this.#loops, x.buffer, this.#addresses.form(x.at), this.#guard),
          loop,
          this.#machine,
        )
      : [];
    const starts = moves.map(({ pointer, by }) => ({
      pointer,
      start: this.#pointers.moved(pointer),
      by: by * this.#bytes(pointer.buffer),
    }));
    bodies.forEach((body, iteration) => {
      for (const { pointer, start, by } of starts) this.#pointers.move(pointer, start + iteration * by);
      this.#block(body);
    });
  }

  /** Puts an address on the stack; returns the offset for the instruction. */
  #address(buffer: string, at: Expr): number {
    const offset = this.#locate(buffer, this.#addresses.form(at), this.#guard);
    if (offset >= 0) return offset;
    this.to.addConstant(offset);
    return 0;
  }

  #locate(buffer: string, form: Linear, guard: string | null): number {
    const { pointer, inline, constant } = this.#addresses.locate(this.#loops, buffer, form, guard);
    const bytes = this.#bytes(buffer);
    this.to.get(
      pointer === null
        ? present(this.#buffers.get(buffer), `unknown buffer ${buffer}`).param
        : this.#pointers.local(pointer),
    );
    const offset = constant * bytes - (pointer === null ? 0 : this.#pointers.moved(pointer));
    if (inline.length === 0) return offset;
    for (const added of inline) this.#addTerm(added, bytes);
    // The terms may be negative, and an instruction's offset does not wrap.
    this.to.addConstant(offset);
    return 0;
  }

  #addTerm({ expr, coefficient }: Term, bytes: number): void {
    emitExpr(this, expr);
    const factor = coefficient * bytes;
    const shift = Math.log2(factor);
    if (factor !== 1) {
      this.to.i32(Number.isInteger(shift) ? shift : factor);
      this.to.op(Number.isInteger(shift) ? "i32.shl" : "i32.mul");
    }
    this.to.op("i32.add");
  }

  #bytes(buffer: string): number {
    return bytesOf[this.#buffer(buffer).element];
  }

  #buffer(name: string): Sizable {
    return present(this.#buffers.get(name), `unknown buffer ${name}`).buffer;
  }
}
