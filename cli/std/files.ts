import { readdirSync, readFileSync } from "node:fs";

/** The files of the library by name, such as `std/layers.dl`. The package build replaces this by their text. */
export function libraryTexts(): readonly (readonly [name: string, text: string])[] {
  const folder = new URL("../../dsl/std/", import.meta.url);
  return readdirSync(folder)
    .filter((file) => file.endsWith(".dl"))
    .map((file) => [`std/${file}`, readFileSync(new URL(file, folder), "utf8")]);
}
