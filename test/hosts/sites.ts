// The folders that hosts load from: the programs of `guest/`, an `index.html`, and LeNet in `model/`.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Predicts one image, trains on 8: small, because engines without WebAssembly run the same trial. */
const variants = ["--variant", "predict:N=1", "--variant", "step:N=8"];

/** Ways to build the model, as flags of `dlc build`; all compute the same bits. */
const builds = {
  wasm: ["--mode", "strict", ...variants],
  js: ["--mode", "strict", "--target", "js", ...variants],
  /** Another build, whose files do not fit those of the first. */
  other: ["--mode", "strict", "--dim", "N=2"],
} as const;

export type BuildName = keyof typeof builds;

export class Sites implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "dlc-hosts-"));
  readonly #built = new Map<BuildName, string>();

  /** A new folder whose page starts the guest program `start`. */
  make(name: string, build: BuildName = "wasm", start = "main.mjs"): string {
    const folder = mkdtempSync(join(this.#folder, `${name}-`));
    cpSync(new URL("guest", import.meta.url), folder, { recursive: true });
    cpSync(this.build(build), join(folder, "model"), { recursive: true });
    writeFileSync(join(folder, "index.html"), page(start));
    return folder;
  }

  /** The folder of a build. */
  build(name: BuildName): string {
    const known = this.#built.get(name);
    if (known !== undefined) return known;
    const folder = join(this.#folder, "builds", name);
    const flags = ["build", "examples/mnist/lenet.dl", ...builds[name], "-o", folder];
    const { status, stderr } = spawnSync(process.execPath, ["cli/main.ts", ...flags], { cwd: root, encoding: "utf8" });
    if (status !== 0) throw new Error(`dlc ${flags.join(" ")}\n${stderr}`);
    this.#built.set(name, folder);
    return folder;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}

/** The empty icon keeps browsers from asking for one. */
const page = (start: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>dlc</title>
<link rel="icon" href="data:,">
<script type="module" src="./${start}"></script>
</html>
`;
