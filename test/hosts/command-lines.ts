// Programs that run JavaScript from the command line.
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { within, type Engine, type Host, type Outcome } from "./host.ts";
import type { Sites } from "./sites.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

interface CommandLine extends Engine {
  /** Runs a program of a site. */
  run(program: string, site: string, ...args: readonly string[]): Promise<Outcome>;
}

export function commandLine(name: string, path: string | undefined, flags: readonly string[] = []): CommandLine {
  const output = (args: readonly string[]): Promise<string> => within(120, run(path ?? name, args));
  return {
    name,
    missing: path === undefined ? `its package has no binary for ${process.platform} ${process.arch}` : undefined,
    version: async () => /\d+\.\d+\.\d+/.exec(await output(["--version"]))?.[0] ?? "unknown",
    run: async (program, site, ...args) =>
      JSON.parse(await output([...flags, join(site, program), ...args])) as Outcome,
  };
}

/** A binary below `node_modules`, in the package for this platform, so that no install script has to run. */
const installed = (pattern: string): string | undefined =>
  globSync(`node_modules/${pattern}`, { cwd: here }).map((path) => join(here, path))[0];

/** The Node that runs this. */
export const ownNode = commandLine("Node", process.execPath);

export const commandLines = [
  ...[20, 22, 24, 26].map((version) => commandLine("Node", installed(`node-${version}-*/bin/node`))),
  commandLine("Bun", installed("@oven/bun-*/bin/bun")),
  commandLine("Deno", installed("@deno/*/deno"), ["run", "--allow-read"]),
];

export const commandLineHosts = (sites: Sites): Host[] =>
  commandLines.map((engine) => ({
    engine,
    way: "command line",
    expects: "hash",
    run: () => engine.run("print.mjs", sites.make("command-line")),
  }));

/** What a program prints; rejects with its errors if it fails. */
function run(binary: string, args: readonly string[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"] });
  const text = { stdout: "", stderr: "" };
  child.stdout.on("data", (part) => (text.stdout += String(part)));
  child.stderr.on("data", (part) => (text.stderr += String(part)));
  child.on("error", reject);
  child.on("close", (status) =>
    status === 0 ? resolve(text.stdout) : reject(new Error(text.stderr.trim() || `status ${status}`)),
  );
  return promise;
}
