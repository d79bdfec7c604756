// The folders that hosts load from: the programs of `guest/`, an `index.html`, and LeNet in `model/`.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

export const model = "examples/mnist/lenet.dl";

/** Predicts one image, trains on 8: small, because engines without WebAssembly run the same trial. */
const variants = ["--variant", "predict:N=1", "--variant", "step:N=8"];

/** Ways to build the model, as flags of `dlc build`; all compute the same bits. */
const builds = {
  wasm: ["--mode", "strict", "--worker", ...variants],
  js: ["--mode", "strict", "--worker", "--target", "js", ...variants],
  /** With weights, which are those that the others start with. */
  given: ["--mode", "strict", ...variants],
  /** All in `module.mjs`. */
  inline: ["--mode", "strict", "--worker", "--inline", ...variants],
  /** Another build, whose files do not fit those of the first. */
  other: ["--mode", "strict", "--dim", "N=2"],
} as const;

export type BuildName = keyof typeof builds;

export class Sites implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "dlc-hosts-"));
  readonly #built = new Map<BuildName, string>();

  empty(name: string): string {
    return mkdtempSync(join(this.#folder, `${name}-`));
  }

  /** A new folder whose page starts the guest program `start`. */
  make(name: string, build: BuildName = "wasm", start = "main.mjs"): string {
    const folder = this.empty(name);
    cpSync(new URL("guest", import.meta.url), folder, { recursive: true });
    cpSync(this.build(build), join(folder, "model"), { recursive: true });
    writeFileSync(join(folder, "index.html"), pageOf(start));
    return folder;
  }

  /** The folder of a build. */
  build(name: BuildName): string {
    const known = this.#built.get(name);
    if (known !== undefined) return known;
    const folder = join(this.#folder, "builds", name);
    const weights = name === "given" ? ["--weights", this.#initialWeights()] : [];
    dlc("build", model, ...builds[name], ...weights, "-o", folder);
    this.#built.set(name, folder);
    return folder;
  }

  #initialWeights(): string {
    const site = this.make("initial");
    const file = join(site, "initial.safetensors");
    node(join(site, "save.mjs"), file);
    return file;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}

export const dlc = (...args: readonly string[]): void => node("cli/main.ts", ...args);

function node(...args: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`node ${args.join(" ")}\n${stderr}`);
}

/** A page that runs a program. The empty icon keeps browsers from asking for one. */
export const pageOf = (start: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>dlc</title>
<link rel="icon" href="data:,">
<script type="module" src="./${start}"></script>
</html>
`;
