// Installs the engines and bundlers of `package-lock.json`, unless they are there.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const lock = `${folder}package-lock.json`;
/** A copy of the lock file that was installed last. */
const installed = `${folder}node_modules/installed-lock.json`;

const text = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");

if (text(installed) !== text(lock)) {
  const { status } = spawnSync("npm", ["ci", "--no-progress"], { cwd: folder, stdio: "inherit" });
  if (status === 0) copyFileSync(lock, installed);
  process.exitCode = status ?? 1;
}
