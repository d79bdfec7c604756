import type { EntryNotes, GuardNotes, Handover, Operand, TurnNotes } from "../../runtime/guard-notes.ts";
import type { Address } from "../../runtime/address.ts";
import { callsOf, type Step } from "../../runtime/plan.ts";
import { dtypes } from "../../runtime/dtype.ts";
import { base } from "../graph/groups.ts";
import type { Graph, Node, Persistent, Value } from "../graph/ir.ts";
import { changes } from "../graph/regions.ts";
import { entryBoundary, regionBoundary, type Boundary } from "./boundary.ts";
import { plannedLocation, type Layout } from "./layout.ts";
import { ValueNumbers } from "./value-numbers.ts";
import { frameBytes } from "../passes/plan-memory/plan-memory.ts";
import { present } from "../support/invariant.ts";
import { at } from "../support/lists.ts";
import { defaultMachine, roundUp } from "../support/machine.ts";
import { bytes } from "../types/tensor-type.ts";

/** What the steps of one graph or region note for checked runs. */
export interface StepNotes {
  /** For a call with these buffers, null for its scratch, that stores these values. */
  call(
    args: readonly (Value | null)[],
    stored: readonly Value[],
    kernel?: KernelNotes,
  ): { readonly guard?: readonly Operand[] };
  /** For a control op whose frame begins at `start`. */
  control(node: Node, start: number, carry: (index: number) => Address): ControlNotes;
}

export interface KernelNotes {
  /** The tensor whose memory the result of an update takes over. */
  readonly overwritten: Value | null;
  readonly scratchBytes: number;
}

export interface ControlNotes {
  /** For the op's step. */
  readonly step: { readonly guard?: TurnNotes };
  /** For the steps of its regions. */
  readonly regions: StepNotes;
}

/** What a build adds to a module for checked runs: nothing in an ordinary build. */
export interface NotesBuilder {
  /** Bytes that stay unused after every tensor. */
  readonly gap: number;
  /** For the steps of an entry. */
  readonly steps: StepNotes;
  /** For the plan, once all steps are made; null in an ordinary build. */
  plan(
    persistent: readonly Persistent[],
    layout: Layout,
    graphs: readonly Graph[],
    steps: readonly Step[],
  ): GuardNotes | null;
}

const noSteps: StepNotes = { call: () => ({}), control: () => ({ step: {}, regions: noSteps }) };

export const ordinaryBuild: NotesBuilder = { gap: 0, steps: noSteps, plan: () => null };

/** Bytes that stay unused after every tensor of a module whose runs are checked. */
export const guardGap = 64;

export function checkedBuild(): NotesBuilder {
  const numbers = new ValueNumbers();
  const steps = new CheckedSteps(
    numbers,
    entryBoundary((path) => numbers.ofPath(path)),
  );
  return {
    gap: guardGap,
    steps,
    plan: (persistent, layout, graphs, all) => ({
      values: numbers.names,
      entries: graphs.map((graph) => steps.entry(graph, layout)),
      persistent: persistent.map(({ path }) => numbers.ofPath(path)),
      constants: layout.constants.map(({ offset, value }) => ({
        offset,
        bytes: bytes(value.type),
        value: numbers.of(value),
      })),
      scratch: { offset: layout.scratch, bytes: layout.arenaBytes - layout.scratch },
      spare: { offset: layout.arenaBytes, bytes: spareBytes(all) },
    }),
  };
}

/** The bytes of a copy of all results of any single call. */
function spareBytes(steps: readonly Step[]): number {
  const padded = (size: number): number => roundUp(size, defaultMachine.alignment) + guardGap;
  const results = callsOf(steps).map(({ guard = [] }) =>
    guard.reduce((sum, { stores, bytes: size }) => sum + (stores ? padded(size) : 0), 0),
  );
  return results.reduce((most, size) => Math.max(most, size), 0);
}

class CheckedSteps implements StepNotes {
  readonly #numbers: ValueNumbers;
  readonly #boundary: Boundary<number>;

  constructor(numbers: ValueNumbers, boundary: Boundary<number>) {
    this.#numbers = numbers;
    this.#boundary = boundary;
  }

  call(
    args: readonly (Value | null)[],
    stored: readonly Value[],
    { overwritten, scratchBytes }: KernelNotes = { overwritten: null, scratchBytes: 0 },
  ): { readonly guard: readonly Operand[] } {
    const guard = args.map((value) =>
      value === null
        ? { value: this.#numbers.ofPath("scratch of a kernel"), bytes: scratchBytes, width: 4, stores: true }
        : {
            value: this.#number(value),
            bytes: bytes(value.type),
            width: dtypes[value.type.dtype].bytes,
            stores: stored.includes(value),
            ...(overwritten !== null && stored.includes(value) && { updates: this.#number(overwritten) }),
          },
    );
    return { guard };
  }

  control(node: Node, start: number, carry: (index: number) => Address): ControlNotes {
    const outside = regionBoundary(node, (value) => this.#number(value));
    const { kind } = node.op.form;
    const flag =
      kind === "cond"
        ? this.#number(at(node.operands, 0))
        : kind === "while"
          ? this.#numbers.ofPath(`flag of the loop at byte ${start}`)
          : null;
    // The condition of a `while` has one output, the flag.
    const regions = new CheckedSteps(
      this.#numbers,
      kind === "while" && flag !== null ? { ...outside, result: () => flag } : outside,
    );
    const carries = regions.#carryHandovers(at(node.regions, node.regions.length - 1), carry);
    return { step: { guard: { frame: { offset: start, bytes: frameBytes(node) }, carries, flag } }, regions };
  }

  entry(graph: Graph, layout: Layout): EntryNotes {
    return {
      inputs: graph.inputs.map((value) => this.#number(value)),
      outputs: graph.outputs.map(({ value }) => this.#number(value)),
      writes: graph.writes.map(({ path, value }) => ({
        at: present(layout.persistent.get(path), path),
        bytes: bytes(value.type),
        from: this.#number(value),
        to: this.#boundary.persistent(path),
      })),
    };
  }

  /**
   * The carries that a region changes: the next value is at the carry's address when the iteration ends, and becomes
   * the carry.
   */
  #carryHandovers(region: Graph, carryAt: (index: number) => Address): readonly Handover[] {
    return region.carries.flatMap((carry, index) => {
      const { next } = carry;
      return changes(carry)
        ? [{ at: carryAt(index), bytes: bytes(next.type), from: this.#number(next), to: this.#boundary.carry(index) }]
        : [];
    });
  }

  /** The number of the value that must be in memory where this one is read or written. */
  #number(value: Value): number {
    const location = plannedLocation(base(value));
    const { op } = base(value).node;
    switch (location.area) {
      case "persistent":
        return op.form.kind === "leaf" ? this.#boundary.persistent(location.path) : this.#numbers.of(base(value));
      case "carry":
        return op.form.kind === "leaf" ? this.#boundary.carry(location.index) : this.#numbers.of(base(value));
      case "operand":
        return this.#boundary.operand(location.index);
      case "result":
        return this.#boundary.result(location.index);
      case "scratch":
      case "cache":
      case "constant":
        return this.#numbers.of(base(value));
    }
  }
}
