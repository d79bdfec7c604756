import { splatValue } from "../graph/facts.ts";
import { overwrittenBy, type GroupView } from "../graph/groups.ts";
import type { Attrs, Value } from "../graph/ir.ts";
import { at } from "../support/lists.ts";
import { defaultMachine, type Machine } from "../support/machine.ts";
import { showType } from "../types/tensor-type.ts";
import { lowerGroup, type LoweredGroup } from "./lower.ts";
import { bufferName } from "./nest-parts.ts";

/** A lowered group, with its buffers as indices into the values that an equal group reads and stores. */
interface Pattern {
  readonly lowered: LoweredGroup;
  readonly args: readonly (number | null)[];
}

/** Lowers groups, and equal groups only once: the hundredth block of a network has the kernels of the first. */
export class Lowering {
  readonly #patterns = new Map<string, Pattern>();
  readonly #machine: Machine;

  constructor(machine: Machine = defaultMachine) {
    this.#machine = machine;
  }

  of(group: GroupView): LoweredGroup {
    const { key, values } = outline(group);
    const known = this.#patterns.get(key);
    if (known !== undefined)
      return { ...known.lowered, group, args: known.args.map((i) => (i === null ? null : at(values, i))) };
    const lowered = lowerGroup(group, this.#machine);
    this.#patterns.set(key, { lowered, args: lowered.args.map((value) => value && values.indexOf(value)) });
    return lowered;
  }
}

/**
 * A key of everything that determines a group's kernel, and the values that the key numbers: those that it reads, then
 * those that it stores.
 */
function outline(group: GroupView): { readonly key: string; readonly values: readonly Value[] } {
  const positions = new Map(group.nodes.map((node, i) => [node, i]));
  const outside: Value[] = [];
  const numbers = new Map<Value, number>();
  const operand = (value: Value): string => {
    const position = positions.get(value.node);
    if (position !== undefined) return `%${position}.${value.index}`;
    const splat = splatValue(value);
    if (splat !== null) return `${numberKey(splat)}:${showType(value.type)}`;
    const known = numbers.get(value);
    if (known !== undefined) return `#${known}`;
    numbers.set(value, outside.push(value) - 1);
    return `#${outside.length - 1}=${value.node.op.name} ${bufferName(value)}:${showType(value.type)}`;
  };
  const lines = group.nodes.map(
    ({ op, operands, attrs, results }) =>
      `${op.name}(${operands.map(operand).join()})${attrsKey(attrs)}:${results.map(({ type }) => showType(type)).join()}`,
  );
  const stored = group.stored.map((value) => `${positions.get(value.node) ?? ""}.${value.index}`);
  const place = overwrittenBy(group) !== null ? "in place" : "";
  return { key: [...lines, stored.join(), place].join("\n"), values: [...outside, ...group.stored] };
}

/** Distinguishes -0 from 0. */
const numberKey = (n: number): string => (Object.is(n, -0) ? "-0" : String(n));
const attrsKey = (attrs: Attrs): string =>
  JSON.stringify(attrs, (_, value: unknown) => (typeof value === "number" ? numberKey(value) : value));
