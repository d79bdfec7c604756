import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { reject } from "./reject.ts";

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EACCES: "permission denied",
  EISDIR: "is a folder",
  ENOTDIR: "part of the path is not a folder",
  EEXIST: "part of the path is not a folder",
};

function because(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return reasons[code] ?? (error instanceof Error ? error.message : String(error));
}

/** Throws E1001 if the file cannot be read. */
export function readBytes(path: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    return reject("E1001", `cannot read ${path}: ${because(error)}`);
  }
}

export function readText(path: string): string {
  const bytes = readBytes(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return reject("E1001", `cannot read ${path}: not valid UTF-8 text`);
  }
}

/** Writes a file atomically: a temporary file beside it, fsync, rename, fsync of the folder. Throws E1002. */
export function writeWhole(path: string, data: string | Uint8Array): void {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}.tmp`);
  try {
    mkdirSync(folder, { recursive: true });
    withFile(temporary, "w", (file) => {
      const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
      for (let at = 0; at < bytes.length; at += writeSync(file, bytes, at)) continue;
      fsyncSync(file);
    });
    renameSync(temporary, path);
    // Windows cannot open a folder, so the rename must suffice there.
    if (process.platform !== "win32") withFile(folder, "r", fsyncSync);
  } catch (error) {
    removeQuietly(temporary);
    reject("E1002", `cannot write ${path}: ${because(error)}`);
  }
}

/** Removing a file fails even by force where a part of its path is a file; the first error is the one to report. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Nothing was written there.
  }
}

function withFile(path: string, flags: string, use: (file: number) => void): void {
  const file = openSync(path, flags);
  try {
    use(file);
  } finally {
    closeSync(file);
  }
}
