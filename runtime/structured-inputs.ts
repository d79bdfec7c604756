import { showValue } from "./door.ts";
import { isObject, kindOf } from "./kinds.ts";
import { reject } from "./error.ts";
import type { Parts } from "./input.ts";
import type { Input, Inputs } from "./model.ts";
import type { SessionEntry } from "./session-plan.ts";

type Pairs = readonly (readonly [string, Input])[];

/**
 * Replaces each input with the structure of a model by its parts, which are inputs of the entry: `w.dense1.w`. A caller
 * may also give these, such as the outputs of another entry.
 */
export function withParts(entry: SessionEntry, inputs: Inputs): Parts {
  const { structures = {} } = entry;
  if (!isObject(inputs)) return inputs as Parts;
  const given = Object.keys(structures).filter((name) => Object.hasOwn(inputs, name) && inputs[name] !== undefined);
  if (given.length === 0) return inputs as Parts;
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([name, value]) =>
      given.includes(name)
        ? partsOf(entry, name, structures[name] as string, value)
        : [[name, value as Input] as const],
    ),
  );
}

function partsOf(entry: SessionEntry, name: string, model: string, value: unknown): Pairs {
  if (isMap(value))
    return entry.inputs.flatMap((slot): Pairs => {
      if (!slot.name.startsWith(`${name}.`)) return [];
      const path = slot.name.slice(name.length + 1);
      const part = value.get(`${model}.${path}`) ?? value.get(path);
      return part === undefined ? [] : [[slot.name, part]];
    });
  if (isObject(value) && !isTensor(value)) return leavesOf(value, name);
  return reject(
    "E0811",
    `input \`${name}\` of \`${entry.name}\` has the structure of \`${model}\`; got ${showValue(value)}`,
    `pass an object by path, { "${entry.inputs.find((slot) => slot.name.startsWith(`${name}.`))?.name.slice(name.length + 1) ?? "w"}": ... }, or \`state\` of another instance`,
  );
}

/** Paths have fewer parts; an object that contains itself has no end. */
const deepestPath = 128;

const leavesOf = (value: object, prefix: string, depth = 0): Pairs =>
  Object.entries(value).flatMap(([key, part]: readonly [string, unknown]): Pairs => {
    const path = `${prefix}.${key}`;
    const nested = isObject(part) && !isTensor(part) && depth < deepestPath;
    return nested ? leavesOf(part, path, depth + 1) : [[path, part as Input]];
  });

const isTensor = (value: Readonly<Record<string, unknown>>): boolean =>
  ArrayBuffer.isView(value) || Array.isArray(value) || ("data" in value && "shape" in value);

const isMap = (value: unknown): value is ReadonlyMap<string, Input> => kindOf(value) === "Map";
