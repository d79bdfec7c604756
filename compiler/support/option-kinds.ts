import { aBoolean, aFunction, isObject, oneOfTexts, type Kind } from "../../runtime/door.ts";

const isSizes = (value: unknown): boolean =>
  isObject(value) && Object.values(value).every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
const names: Kind = [
  "a list of names",
  (value) => Array.isArray(value) && value.every((name) => typeof name === "string"),
];
const other: Kind = ["an object", (value) => typeof value === "object" && value !== null];

/** The options that all functions that compile share. Sizes and names are checked against the program later. */
export const sharedKinds = {
  dims: ["sizes by name, such as { N: 32 }", isSizes],
  variants: [
    "a list of sizes by name, such as [{ N: 1 }, { N: 32 }]",
    (value) => Array.isArray(value) && value.every(isSizes),
  ],
  entries: names,
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
