import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { Source } from "../../dsl/span.ts";
import { resolveStd } from "../std/index.ts";

/**
 * Reads the imports of a `.dl` file: `std/...` from the library, anything else relative to the importing file. A path
 * that leads out of both the folder of the main file and the working directory is not opened.
 */
export function createResolver(main: string | null): (path: string, from: string | null) => Source | null {
  const roots = [process.cwd(), ...(main === null || main.startsWith("<") ? [] : [dirname(resolve(main))])].map(
    (root) => realpathSync(root),
  );
  return (path, from) => {
    if (path.startsWith("std/") || from?.startsWith("std/")) return resolveStd(path, from);
    const base = from === null || from.startsWith("<") ? "." : dirname(from);
    const name = isAbsolute(path) ? path : join(base, path);
    return readInside(resolve(name), name, roots);
  };
}

function readInside(file: string, name: string, roots: readonly string[]): Source | null {
  if (!existsSync(file) || !statSync(file).isFile()) return null;
  const real = realpathSync(file);
  if (!roots.some((root) => isInside(real, realpathSync(root)))) return null;
  return { name, text: readFileSync(real, "utf8") };
}

function isInside(file: string, folder: string): boolean {
  const path = relative(folder, file);
  return path !== ".." && !path.startsWith(`..${sep}`) && !isAbsolute(path);
}
