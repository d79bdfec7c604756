import { list } from "./error.ts";

/** The letters of one name that another lacks. */
const lacks = (name: string, other: string): number => [...name].filter((letter) => !other.includes(letter)).length;

/** The help for an unknown name: the one that was probably meant, by its letters, or all of them after `words`. */
export function nearOrAll(name: unknown, names: readonly string[], words: string): string {
  const near = names.find(
    (known) =>
      typeof name === "string" &&
      name.length > 2 &&
      Math.abs(known.length - name.length) < 2 &&
      lacks(known, name) + lacks(name, known) < 3,
  );
  return near === undefined ? `${words} ${list(names)}` : `did you mean \`${near}\`?`;
}
