// Installs the engines and bundlers of `package-lock.json`, unless they are there.
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const timeOf = (name: string): number => statSync(folder + name, { throwIfNoEntry: false })?.mtimeMs ?? 0;

// npm writes `node_modules/.package-lock.json` last.
if (timeOf("node_modules/.package-lock.json") < timeOf("package-lock.json"))
  process.exitCode = spawnSync("npm", ["ci", "--no-progress"], { cwd: folder, stdio: "inherit" }).status ?? 1;
