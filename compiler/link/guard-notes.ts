import type { EntryNotes, GuardNotes, Handover, Operand, TurnNotes } from "../../runtime/guard-notes.ts";
import type { Address } from "../../runtime/address.ts";
import { callsOf, type Step } from "../../runtime/plan.ts";
import { locationOf } from "../../dsl/span.ts";
import { dtypes } from "../../runtime/dtype.ts";
import { base } from "../graph/groups.ts";
import { spanOf } from "../graph/provenance.ts";
import type { Graph, Persistent, Value } from "../graph/ir.ts";
import { changes } from "../graph/regions.ts";
import { placeOf, type Layout } from "./layout.ts";
import { frameBytes } from "../passes/plan-memory/plan-memory.ts";
import { defaultMachine, roundUp } from "../support/machine.ts";
import { bytes, showType } from "../types/tensor-type.ts";

/** Bytes that stay free behind every tensor of a module whose runs are checked. */
export const guardGap = 64;

/** Numbers every value of a module that reaches memory; a param or state counts as one value, by its path, between calls. */
export class ValueNumbers {
  readonly #known = new Map<Value | string, number>();
  readonly names: string[] = [];

  of(value: Value): number {
    const { node, type } = value;
    const span = spanOf(node);
    return this.#number(value, () => `${node.op.name} ${showType(type)}${span === null ? "" : ` at ${locationOf(span)}`}`);
  }

  path(path: string): number {
    return this.#number(path, () => path);
  }

  #number(key: Value | string, name: () => string): number {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.names.length);
    return this.names.push(name()) - 1;
  }
}

/** Who is who where some steps run. */
export interface Names {
  readonly numbers: ValueNumbers;
  readonly persistent: (path: string) => number;
  readonly carry: (index: number) => number;
  readonly operand: (index: number) => number;
  readonly result: (index: number) => number;
}

/** The number of the value that has to be in memory where this one is read. */
export function numberOf(value: Value, names: Names): number {
  const at = placeOf(base(value));
  switch (at.area) {
    case "persistent":
      return base(value).node.op.form.kind === "leaf" ? names.persistent(at.path) : names.numbers.of(base(value));
    case "carry":
      return base(value).node.op.form.kind === "leaf" ? names.carry(at.index) : names.numbers.of(base(value));
    case "operand":
      return names.operand(at.index);
    case "result":
      return names.result(at.index);
    case "scratch":
    case "cache":
    case "constant":
      return names.numbers.of(base(value));
  }
}

export const operandOf = (value: Value, number: number, stores: boolean): Operand => ({
  value: number,
  bytes: bytes(value.type),
  width: dtypes[value.type.dtype].bytes,
  stores,
});

/** What a graph's writes hand over: the new value lies in its place already and takes the name of the old one. */
export const handovers = (graph: Graph, names: Names, at: (path: string) => Address): readonly Handover[] =>
  graph.writes.map(({ path, value }) => ({ at: at(path), bytes: bytes(value.type), from: numberOf(value, names), to: names.persistent(path) }));

/** The same for the carries that a region changes. */
export const carryHandovers = (region: Graph, names: Names, at: (index: number) => Address): readonly Handover[] =>
  region.carries.flatMap((carry, index) => {
    const { next } = carry;
    return changes(carry) ? [{ at: at(index), bytes: bytes(next.type), from: numberOf(next, names), to: names.carry(index) }] : [];
  });

export const turnNotes = (start: number, node: Parameters<typeof frameBytes>[0], carries: readonly Handover[], flag: number | null): TurnNotes => ({
  frame: { offset: start, bytes: frameBytes(node) },
  carries,
  flag,
});

export function guardNotes(
  persistent: readonly Persistent[],
  layout: Layout,
  numbers: ValueNumbers,
  entries: readonly EntryNotes[],
  steps: readonly Step[],
): GuardNotes {
  const results = callsOf(steps).map(({ guard = [] }) => guard.reduce((sum, { stores, bytes: size }) => sum + (stores ? roomFor(size) : 0), 0));
  const spare = results.reduce((most, size) => Math.max(most, size), 0);
  return {
    values: numbers.names,
    entries,
    persistent: persistent.map(({ path }) => numbers.path(path)),
    constants: layout.constants.map(({ offset, value }) => ({ offset, bytes: bytes(value.type), value: numbers.of(value) })),
    scratch: { offset: layout.scratch, bytes: layout.arenaBytes - layout.scratch },
    spare: { offset: layout.arenaBytes, bytes: spare },
  };
}

const roomFor = (size: number): number => roundUp(size, defaultMachine.alignment) + guardGap;
