// The standard library as text (`dlc/std`), for programs that call `dlc/compiler` where there are no files.
import type { Resolver } from "../../compiler/compile.ts";
import type { Source } from "../../dsl/span.ts";
import { libraryTexts } from "./files.ts";

/**
 * All files by name, such as `std/layers.dl`. The objects are always the same: what was parsed stays parsed.
 *
 * @example
 * import { standardLibrary } from "dlc/std";
 * standardLibrary.get("std/layers.dl").text.includes("layer dense("); // => true
 */
export const standardLibrary: ReadonlyMap<string, Source> = new Map(
  libraryTexts().map(([name, text]) => [name, { name, text }]),
);

/**
 * Finds the files of the standard library, and no others: `compileModule(source, { resolve: resolveStd })`.
 *
 * @example
 * import { resolveStd } from "dlc/std";
 * resolveStd("std/losses.dl", null).name; // => "std/losses.dl"
 * resolveStd("./mine.dl", "mlp.dl"); // => null
 */
export const resolveStd: Resolver = (path, from) => {
  const relative = !path.startsWith("std/") && from?.startsWith("std/");
  return standardLibrary.get(relative ? new URL(path, `file:///${from}`).pathname.slice(1) : path) ?? null;
};
