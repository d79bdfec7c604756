import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface SourceFile {
  /** Relative to the root of the project, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** Paths of the project's own files that it imports, and bare names of packages. */
  readonly imports: readonly string[];
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const folders = ["runtime", "dsl", "compiler", "cli", "plugins", "bench", "examples", "tools", "test"];

/** Static and dynamic imports and re-exports; sufficient for formatted code. */
const importPattern =
  /(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+"([^"]+)"|(?:^|\n)\s*import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/g;

export function importsOf(path: string, text: string): string[] {
  const found = [...text.matchAll(importPattern)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
  return found.map((target) =>
    target.startsWith(".") ? new URL(target, `file:///${path}`).pathname.slice(1) : target,
  );
}

export function sourceFiles(): SourceFile[] {
  return folders
    .filter((folder) => existsSync(`${root}${folder}`))
    .flatMap((folder) =>
      readdirSync(`${root}${folder}`, { recursive: true, encoding: "utf8" })
        .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
        .filter((path) => path.endsWith(".ts") && !path.includes("node_modules"))
        .toSorted()
        .map((path) => {
          const text = readFileSync(`${root}${path}`, "utf8");
          return { path, text, imports: importsOf(path, text) };
        }),
    );
}
