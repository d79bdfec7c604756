import { DlcError, raise, reject } from "./error.ts";
import { isObject, kindOf } from "./kinds.ts";
import { nearOrAll } from "./suggest.ts";

/*
 * What all public functions share: their errors have the stack of the caller, without frames inside the runtime, and
 * arguments of the wrong kind are rejected before anything happens.
 */

/** Rethrows an error of the public function `opened`. Only some hosts can shorten a stack. */
export function rethrow(error: unknown, opened: (...args: never) => unknown): never {
  if (error instanceof DlcError) Error.captureStackTrace?.(error, opened);
  return raise(error);
}

export function door<A extends readonly unknown[], R>(run: (...args: A) => R): (...args: A) => R {
  const opened = (...args: A): R => {
    try {
      return run(...args);
    } catch (error) {
      return rethrow(error, opened);
    }
  };
  return opened;
}

/** The stack of the caller is known only before the first `await`. */
export function asyncDoor<A extends readonly unknown[], R>(
  run: (...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  const opened = (...args: A): Promise<R> => {
    const here = { stack: "" };
    Error.captureStackTrace?.(here, opened);
    return run(...args).catch((error: unknown) => {
      if (error instanceof DlcError && here.stack !== "")
        error.stack = `DlcError: ${error.message}${here.stack.slice(here.stack.indexOf("\n"))}`;
      return raise(error);
    });
  };
  return opened;
}

/** A value as a message shows it. */
export function showValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  return withArticle(kindOf(value));
}

/** `an Int32Array` */
export const withArticle = (noun: string): string => `${/^[AEIO]/.test(noun) ? "an" : "a"} ${noun}`;

/** A name as a message shows it. */
export const showName = (name: unknown): string => (typeof name === "string" ? `\`${name}\`` : showValue(name));

/** How a message names the values that an option accepts, and the test for them. */
export type Kind = readonly [says: string, accepts: (value: unknown) => boolean];

export const oneOfTexts = (...values: readonly string[]): Kind => [
  values.map((value) => `"${value}"`).join(" or "),
  (value) => values.includes(value as string),
];
export const aBoolean: Kind = ["true or false", (value) => typeof value === "boolean"];
export const anObject: Kind = ["an object", isObject];
export const aFunction: Kind = ["a function", (value) => typeof value === "function"];

/** The option `only` of a function. */
export const aPattern: Kind = [
  "a name or a list of names",
  (value) => {
    const names = [value].flat();
    return names.length > 0 && names.every((name) => typeof name === "string");
  },
];

/**
 * A copy of the options: a getter of the caller is called once, so that what is checked is what is used. Rejects
 * (E0818) unknown options, and values of the wrong kind.
 */
export function checkOptions<T>(given: T, of: string, kinds: Readonly<Record<string, Kind>>): T {
  if (!isObject(given)) return reject("E0818", `the options of \`${of}\` must be an object, got ${showValue(given)}`);
  const options: Record<string, unknown> = { ...given };
  for (const name of Object.keys(options)) {
    const found = options[name];
    const value = (options[name] = isObject(found) ? { ...found } : found);
    const [says, accepts] = (Object.hasOwn(kinds, name) ? kinds[name] : undefined) ?? [];
    if (says === undefined)
      reject("E0818", `\`${of}\` has no option \`${name}\``, nearOrAll(name, Object.keys(kinds), "its options are"));
    if (value !== undefined && !accepts?.(value))
      reject("E0818", `the option \`${name}\` of \`${of}\` must be ${says}, got ${showValue(value)}`);
  }
  return options as T;
}

/** The bytes of a file: a buffer, or any view of one. What was transferred away has none. */
export function bytesOf(file: unknown, of: string): Uint8Array {
  if (!ArrayBuffer.isView(file) && !/^(Shared)?ArrayBuffer$/.test(kindOf(file)))
    reject(
      "E0818",
      `\`${of}\` needs the bytes of a file, got ${showValue(file)}`,
      typeof file === "string"
        ? "read the file first: pass its bytes, not its path"
        : "pass a Uint8Array or an ArrayBuffer",
    );
  const { byteLength, byteOffset = 0, buffer = file as ArrayBufferLike } = file as Partial<ArrayBufferView>;
  return byteLength === 0 ? new Uint8Array() : new Uint8Array(buffer, byteOffset, byteLength);
}
