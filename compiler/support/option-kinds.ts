import { aBoolean, aFunction, oneOfTexts, showValue, type Kind } from "../../runtime/door.ts";
import { isObject } from "../../runtime/kinds.ts";
import { reject } from "../../runtime/error.ts";

const names: Kind = [
  "a list of names",
  (value) => Array.isArray(value) && value.every((name) => typeof name === "string"),
];
const other: Kind = ["an object", (value) => typeof value === "object" && value !== null];

const areSets = (value: unknown): boolean => Array.isArray(value) && value.every(isObject);

const areTaps = (value: unknown): boolean => isObject(value) && Object.values(value).every(names[1]);

/** The options that all functions that compile share. Sizes and names are checked against the program later. */
export const sharedKinds = {
  dims: ["sizes by name, such as { N: 32 }", isObject],
  variants: [
    "a list of sizes by name, such as [{ N: 1 }, { N: 32 }], or one for each entry, such as { predict: [{ N: 1 }] }",
    (value) => areSets(value) || (isObject(value) && Object.values(value).every(areSets)),
  ],
  entries: names,
  taps: ['lists of parts of models by entry, such as { predict: ["Net.block1"] }', areTaps],
  mode: oneOfTexts("fast", "strict"),
  target: oneOfTexts("wasm", "js", "reference"),
  profile: aBoolean,
  verify: aBoolean,
} as const satisfies Readonly<Record<string, Kind>>;

export const compilerKinds = {
  ...sharedKinds,
  guards: aBoolean,
  without: names,
  passes: other,
  machine: other,
  frozen: other,
  resolve: aFunction,
} as const satisfies Readonly<Record<string, Kind>>;

/** Rejects (E0818) a size that is not one, by the name of its dim. A size of 0 is left to the program (E0315). */
export function checkSizes({ dims = {}, variants = [] }: Sizes, of: string): void {
  for (const [name, size] of [dims, ...Object.values<Dims | readonly Dims[]>(variants).flat()].flatMap((sizes) =>
    Object.entries(sizes),
  ))
    if (!Number.isSafeInteger(size) || size < 0)
      reject(
        "E0818",
        `the size of dim \`${name}\` of \`${of}\` must be an integer of at least 1, got ${showValue(size)}`,
      );
}

type Dims = Readonly<Record<string, number>>;

interface Sizes {
  readonly dims?: Dims | undefined;
  readonly variants?: readonly Dims[] | Readonly<Record<string, readonly Dims[]>> | undefined;
}
