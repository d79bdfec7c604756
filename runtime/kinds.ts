/** `Float32Array` for one of any realm. */
export const kindOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

/** Not a list, an array of numbers, a Map, a Promise or the like. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  Object.getPrototypeOf(value ?? 0) === Object.prototype || kindOf(value) === "Object";

/** A value in a few letters: itself, or the kind of an object and its length. */
export const showShort = (value: unknown): string =>
  value !== Object(value)
    ? typeof value === "string"
      ? JSON.stringify(value.slice(0, 40))
      : String(value)
    : `${kindOf(value)}${"length" in (value as object) ? `(${(value as ArrayLike<unknown>).length})` : ""}`;
