import { createHash } from "node:crypto";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { writeWhole } from "../cli/host/files.ts";

/** One for each process, where no `node_modules` can be written to. */
let temporary: string | undefined;

/** `node_modules/.cache/dlc` of the project that the file belongs to. */
function cacheFolder(file: string): string {
  const above = (folder: string): string | undefined => {
    if (existsSync(join(folder, "node_modules"))) return join(folder, "node_modules", ".cache", "dlc");
    return dirname(folder) === folder ? undefined : above(dirname(folder));
  };
  return above(dirname(file)) ?? (temporary ??= mkdtempSync(join(tmpdir(), "dlc-")));
}

/** The path of a file with these contents, for bundlers and hosts that read files; `of` is the `.dl` file. */
export function cached(of: string, name: string, contents: string | Uint8Array): string {
  const hash = createHash("sha256").update(contents).digest("hex").slice(0, 16);
  const path = join(cacheFolder(of), hash, name);
  if (!existsSync(path)) writeWhole(path, contents);
  return path;
}
