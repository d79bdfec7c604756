import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A folder with a small model in two files, and the files given. */
export class Project implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "dlc-project-"));

  constructor(files: Readonly<Record<string, string>> = {}) {
    // Where built files are kept between runs.
    mkdirSync(this.path("node_modules"));
    this.write({ "package.json": '{ "type": "module" }', "net.dl": net(), "head.dl": head, ...files });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(this.path(name)), { recursive: true });
      writeFileSync(this.path(name), text);
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

const head = `dl 1

export { head }

layer head(x: f32[N, D]) -> f32[N, 3] = x |> dense(3)
`;

/** The result of the model has another size with other `classes`. */
export const net = (classes = 3): string => `dl 1

import { head } from "./head.dl"

model Net(x: f32[N, 4]) -> f32[N, ${classes}] = x |> dense(8) |> relu |> head

entry predict(x: f32[N, 4]) { logits: Net(x) }
`;

/** A program that prints the results of the model for the seed. */
export const program = (query = "?dim.N=1&mode=strict"): string => `import net, { load } from "./net.dl${query}";
const model = await net.load({ seed: 5 });
console.log(load === net.load, model.run("predict", { x: [1, 2, 3, 4] }).logits.data.join(" "));
`;

/** What it prints. */
export const printed = /^true (-?\d+\.\d+(e-\d+)?[ \n]){3}$/;
