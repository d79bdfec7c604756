import { reject, raise } from "./error.ts";
import { difference, firstWritten, otherPoison, overlap, poison, sameWords, unwritten } from "./guard-bytes.ts";
import type { GuardNotes, Handover, Operand, Range, TurnNotes } from "./guard-notes.ts";
import { exported } from "./instantiate.ts";
import { MemoryFault } from "./memory-fault.ts";
import { addressAt, type Address } from "./address.ts";
import type { EntryPlan, Exports, Plan, SessionEntry, Step } from "./plan.ts";
import { byteLength } from "./tensor.ts";

/** Wraps a function of the module so that every memory access is checked; passed to `createSession` as `guards`. */
export type Guard = (entry: SessionEntry, stage: "prepare" | "call", run: () => void) => () => void;

const nobody = -1;

/** A buffer of a call, and its offset in the current iteration. */
type Placed = Operand & Range;

/**
 * Runs of a module that was compiled with `guards`, checked kernel by kernel.
 *
 * The true contents of memory are kept aside, and each kernel runs in an arena that contains only what it reads; all
 * other bytes are poison. So a read elsewhere returns poison, and a write elsewhere is detected. The owner of every
 * byte is known: a read of a value whose memory was reused, or that was never written, is a bug in the memory plan. A
 * kernel whose result aliases an operand runs a second time with its result elsewhere, and must produce the same
 * values; an update in place is given a copy of what it updates there. Finally the module's own function runs, and must
 * leave the same memory, including gaps. Throws a `MemoryFault`:
 *
 * - E0840 a kernel writes outside its results
 * - E0841 a kernel reads a value that is not in memory
 * - E0842 a kernel leaves part of its result unwritten
 * - E0843 a kernel overwrites data before reading it, because its result aliases an operand
 * - E0844 an output, param, state or constant has wrong contents when the entry ends
 * - E0845 the module's function leaves other memory than its kernels run one by one
 *
 * @example
 * import { compileModule } from "dlc/compiler";
 * import { createSession, memoryGuards } from "dlc/runtime";
 * const { plan, code } = compileModule(source, { ...options, guards: true });
 * const model = await createSession(plan, await code(), { guards: memoryGuards });
 * model.run("predict", { image: new Float32Array(784) }).probs.shape; // => [1, 10]
 */
export function memoryGuards(plan: Plan, exports: Exports, buffer: ArrayBufferLike): Guard {
  const notes = plan.guards ?? reject("E0807", "this module was not built for checked runs", "compile with `guards`");
  const checker = new Checker(plan, notes, exports, buffer);
  return (entry, stage, run) => {
    const own = plan.entries[plan.entries.indexOf(entry as EntryPlan)] as EntryPlan;
    return () => checker.check(own, stage, run);
  };
}

class Checker {
  readonly #plan: Plan;
  readonly #notes: GuardNotes;
  readonly #exports: Exports;
  /** The arena: poison, except for what the running kernel may read. */
  readonly #arena: Uint8Array;
  readonly #words: Int32Array;
  /** The rest of the last page, also poison. */
  readonly #behind: Int32Array;
  /** The true contents of memory. */
  readonly #truth: Uint8Array;
  readonly #start: Uint8Array;
  /** The value that owns each byte. */
  readonly #owner: Int32Array;
  #entry = "";

  constructor(plan: Plan, notes: GuardNotes, exports: Exports, buffer: ArrayBufferLike) {
    this.#plan = plan;
    this.#notes = notes;
    this.#exports = exports;
    const size = Math.min(buffer.byteLength, Math.ceil(plan.arenaBytes / 4) * 4);
    this.#arena = new Uint8Array(buffer, 0, size);
    this.#words = new Int32Array(buffer, 0, size / 4);
    this.#behind = new Int32Array(buffer, size).fill(-1);
    this.#truth = new Uint8Array(size).fill(poison);
    this.#start = new Uint8Array(size);
    this.#owner = new Int32Array(size).fill(nobody);
    plan.persistent.forEach((slot, i) =>
      this.#give({ offset: slot.offset, bytes: byteLength(slot) }, notes.persistent[i] ?? nobody),
    );
    for (const constant of notes.constants) this.#give(constant, constant.value);
    for (let at = 0; at < this.#owner.length; at++) if (this.#owner[at] === nobody) this.#arena[at] = poison;
  }

  check(entry: EntryPlan, stage: "prepare" | "call", run: () => void): void {
    this.#entry = stage === "call" ? entry.name : `${entry.name}, weights stage`;
    const noted = this.#notes.entries[this.#plan.entries.indexOf(entry)];
    const inputs =
      stage === "call"
        ? entry.inputs.map((slot, i) => ({
            offset: slot.offset,
            bytes: byteLength(slot),
            value: noted?.inputs[i] ?? nobody,
          }))
        : [];
    this.#truth.set(this.#arena);
    const { scratch } = this.#notes;
    this.#give(scratch, nobody);
    this.#truth.fill(poison, scratch.offset, scratch.offset + scratch.bytes);
    for (const input of inputs) {
      this.#give(input, input.value);
      this.#truth.set(this.#arena.subarray(input.offset, input.offset + input.bytes), input.offset);
    }
    this.#start.set(this.#truth);
    try {
      this.#arena.fill(poison);
      this.#steps(stage === "call" ? entry.steps : entry.prepareSteps, []);
      this.#arena.set(this.#start);
      if (stage === "call") {
        entry.outputs.forEach((slot, i) =>
          this.#expect(
            slot.offset,
            byteLength(slot),
            noted?.outputs[i] ?? nobody,
            "E0844",
            `the output \`${slot.name}\``,
          ),
        );
        noted?.writes.forEach((write) => this.#handOver(write, [], "E0844"));
      }
      this.#unchanged();
    } catch (error) {
      this.#arena.set(this.#start);
      throw error;
    }
    run();
    const astray = firstWritten(this.#behind);
    this.#behind.fill(-1);
    if (astray !== -1)
      this.#raise(
        "E0840",
        `a write past the end of the arena, at byte ${this.#arena.length + 4 * astray}`,
        null,
        this.#arena.length + 4 * astray,
      );
    if (!sameWords(this.#arena, this.#truth))
      this.#same(
        null,
        this.#arena,
        this.#truth,
        0,
        this.#arena.length,
        "E0845",
        "the module's function leaves other memory than its kernels run one by one",
      );
  }

  /** Checks params, state and constants against their values between calls. */
  #unchanged(): void {
    this.#plan.persistent.forEach((slot, i) =>
      this.#expect(
        slot.offset,
        byteLength(slot),
        this.#notes.persistent[i] ?? nobody,
        "E0844",
        `the ${slot.kind} \`${slot.path}\``,
      ),
    );
    for (const { offset, bytes, value } of this.#notes.constants)
      this.#expect(offset, bytes, value, "E0844", "a constant");
  }

  #steps(steps: readonly Step[], turns: readonly number[]): void {
    for (const step of steps) {
      switch (step.kind) {
        case "call":
          this.#call(step, turns);
          break;
        case "loop":
          for (let turn = 0; turn < step.turns; turn++) this.#turn(step.body, [...turns, turn], step.guard);
          break;
        case "while":
          for (;;) {
            this.#turn(step.condition, turns, step.guard && { ...step.guard, carries: [] });
            if (!this.#flag(step.flag, turns, step.guard)) break;
            this.#turn(step.body, turns, step.guard);
          }
          break;
        case "branch":
          this.#turn(this.#flag(step.flag, turns, step.guard) ? step.then : step.otherwise, turns, step.guard);
          break;
      }
    }
  }

  #turn(body: readonly Step[], turns: readonly number[], guard: TurnNotes | undefined): void {
    if (guard) this.#give(guard.frame, nobody);
    this.#steps(body, turns);
    for (const carry of guard?.carries ?? []) this.#handOver(carry, turns, "E0841");
  }

  #flag(address: Address, turns: readonly number[], guard: TurnNotes | undefined): boolean {
    const at = addressAt(address, turns);
    this.#expect(at, 1, guard?.flag ?? nobody, "E0841", "the flag of a loop or branch");
    return this.#truth[at] !== 0;
  }

  #call({ kernel, args, scalars = [], guard }: Extract<Step, { kind: "call" }>, turns: readonly number[]): void {
    const operands = args.map((arg, i): Placed => {
      const operand = guard?.[i] ?? reject("E0802", `the plan does not list what \`${kernel}\` reads and writes`);
      return { ...operand, offset: addressAt(arg, turns) };
    });
    const updated = operands.flatMap(({ updates, ...operand }) =>
      updates === undefined ? [] : [{ ...operand, value: updates, stores: false }],
    );
    const reads = [...operands, ...updated].filter(({ stores, bytes }) => !stores && bytes > 0);
    const results = operands.filter(({ stores, bytes }) => stores && bytes > 0);
    for (const { offset, bytes, value } of reads) this.#expect(offset, bytes, value, "E0841", `\`${kernel}\``, kernel);

    const called = exported(this.#exports, kernel);
    const run = (...addresses: readonly number[]): void => called(...addresses, ...scalars);
    const at = operands.map(({ offset }) => offset);
    this.#isolated(kernel, reads, results, run, at);
    const given = results.map(({ offset, bytes }) => this.#arena.slice(offset, offset + bytes));
    this.#clear(reads, results);
    this.#stray(kernel, results);

    const inPlace = results.some((result) => reads.some((read) => overlap(read, result)));
    if (inPlace) this.#elsewhere(kernel, operands, reads, run, given);
    else results.forEach((result, i) => this.#whole(kernel, result, given[i] as Uint8Array, reads, results, run, at));
    results.forEach((result, i) => {
      this.#truth.set(given[i] as Uint8Array, result.offset);
      this.#give(result, result.value);
    });
  }

  /** Runs the kernel in an arena that contains only what it reads. It must not change what it only reads. */
  #isolated(
    kernel: string,
    reads: readonly Range[],
    results: readonly Range[],
    run: (...at: readonly number[]) => void,
    at: readonly number[],
  ): void {
    for (const read of reads) this.#arena.set(this.#true(read), read.offset);
    run(...at);
    for (const read of reads) {
      if (results.some((result) => overlap(read, result))) continue;
      this.#same(
        kernel,
        this.#arena,
        this.#truth,
        read.offset,
        read.bytes,
        "E0840",
        `\`${kernel}\` writes what it only reads`,
      );
    }
  }

  #true({ offset, bytes }: Range): Uint8Array {
    return this.#truth.subarray(offset, offset + bytes);
  }

  #clear(...lists: readonly (readonly Range[])[]): void {
    for (const { offset, bytes } of lists.flat()) this.#arena.fill(poison, offset, offset + bytes);
  }

  /** Whatever is not poison now was written outside the results. */
  #stray(kernel: string, results: readonly Placed[]): void {
    const word = firstWritten(this.#words);
    if (word === -1) return;
    const offset = this.#arena.findIndex((byte, i) => i >= 4 * word && byte !== poison);
    const near = results
      .map((result) => ({
        value: result.value,
        by: offset < result.offset ? offset - result.offset : offset - result.offset - result.bytes + 1,
      }))
      .toSorted((a, b) => Math.abs(a.by) - Math.abs(b.by))[0];
    const where =
      near === undefined
        ? ""
        : `, ${Math.abs(near.by)} bytes ${near.by < 0 ? "before" : "past the last of"} its result (${this.#name(near.value)})`;
    this.#raise("E0840", `\`${kernel}\` writes byte ${offset}${where}`, kernel, offset);
  }

  /** Runs the kernel again over other poison if an element of its result may be unwritten. */
  #whole(
    kernel: string,
    { offset, width, value }: Placed,
    given: Uint8Array,
    reads: readonly Range[],
    results: readonly Range[],
    run: (...at: readonly number[]) => void,
    at: readonly number[],
  ): void {
    if (unwritten(given, width, poison) === -1) return;
    for (const result of results) this.#arena.fill(otherPoison, result.offset, result.offset + result.bytes);
    this.#isolated(kernel, reads, results, run, at);
    const again = this.#arena.slice(offset, offset + given.length);
    this.#clear(reads, results);
    for (let i = unwritten(given, width, poison); i !== -1; i = unwritten(given, width, poison, i + width)) {
      if (unwritten(again.subarray(i, i + width), width, otherPoison) === 0)
        this.#raise(
          "E0842",
          `\`${kernel}\` does not write element ${i / width} of its result (${this.#name(value)})`,
          kernel,
          offset + i,
        );
    }
  }

  /** Runs a kernel whose results alias operands a second time, with its results at the end of the arena. */
  #elsewhere(
    kernel: string,
    operands: readonly Placed[],
    reads: readonly Range[],
    run: (...at: readonly number[]) => void,
    given: readonly Uint8Array[],
  ): void {
    let end = this.#notes.spare.offset;
    const moved = operands.map((operand) => {
      if (!operand.stores || operand.bytes === 0) return operand;
      const offset = end;
      end = Math.ceil((end + operand.bytes) / 16) * 16;
      if (operand.updates !== undefined) this.#arena.set(this.#true(operand), offset);
      return { ...operand, offset };
    });
    const results = moved.filter(({ stores, bytes }) => stores && bytes > 0);
    this.#isolated(
      kernel,
      reads,
      results,
      run,
      moved.map(({ offset }) => offset),
    );
    results.forEach(({ offset, bytes, value }, i) => {
      const apart = this.#arena.slice(offset, offset + bytes);
      const at = difference(apart, given[i] as Uint8Array, 0, bytes);
      if (at !== -1)
        this.#raise(
          "E0843",
          `\`${kernel}\` computes another ${this.#name(value)} if its result overlaps an operand`,
          kernel,
          offset + at,
        );
    });
    this.#clear(reads, results);
    this.#stray(kernel, results);
  }

  #expect(offset: number, bytes: number, value: number, code: string, who: string, kernel: string | null = null): void {
    for (let at = offset; at < offset + bytes; at++) {
      if (this.#owner[at] === value) continue;
      const holds =
        this.#owner[at] === nobody
          ? "memory that was never written"
          : `memory of ${this.#name(this.#owner[at] ?? nobody)}`;
      const wants = `${who} ${code === "E0844" ? "should be" : "reads"} ${this.#name(value)}`;
      this.#raise(code, `${wants}, and byte ${at - offset} of it, at ${at}, is ${holds}`, kernel, at);
    }
  }

  #handOver({ at, bytes, from, to }: Handover, turns: readonly number[], code: string): void {
    const offset = addressAt(at, turns);
    this.#expect(offset, bytes, from, code, `the next value of ${this.#name(to)}`);
    this.#give({ offset, bytes }, to);
  }

  #give({ offset, bytes }: Range, value: number): void {
    this.#owner.fill(value, offset, offset + bytes);
  }

  #same(
    kernel: string | null,
    got: Uint8Array,
    wanted: Uint8Array,
    offset: number,
    bytes: number,
    code: string,
    says: string,
  ): void {
    const at = difference(got, wanted, offset, bytes);
    if (at === -1) return;
    const holds = this.#owner[at] === nobody ? "unused memory" : this.#name(this.#owner[at] ?? nobody);
    this.#raise(code, `${says}: byte ${at}, ${holds}`, kernel, at);
  }

  #name(value: number): string {
    return this.#notes.values[value] ?? "a value that was never written";
  }

  #raise(code: string, says: string, kernel: string | null, offset: number): never {
    const owner = this.#owner[offset] ?? nobody;
    return raise(
      new MemoryFault(code, `${this.#entry}: ${says}`, {
        entry: this.#entry,
        kernel,
        offset,
        holds: owner === nobody ? null : this.#name(owner),
      }),
    );
  }
}
