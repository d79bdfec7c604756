// Measures what a browser downloads for LeNet besides its weights, compressed with gzip, in dlc and in other libraries:
//
//   npm run bench:download -- [--peer FOLDER] [--write]
//
// FOLDER is one where the packages below are installed; by default they are installed in a temporary one. The pages are
// in `download/`, and are bundled by Rolldown, minified. Those that need no other file are run, since a bundle that
// lacks a part would be measured too small. `--write` writes the table of the README.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { rolldown } from "rolldown";
import { invariant } from "../compiler/support/invariant.ts";
import { alignColumns } from "../compiler/support/columns.ts";
import { createSession } from "../runtime/session.ts";
import { compiledSubject, compressed } from "./sizes-subjects.ts";

interface Page {
  /** A file of `download/`. */
  readonly file: string;
  readonly trains: boolean;
  /** What it loads besides its bundle. */
  readonly loads?: readonly string[];
  /** Other files for imports. */
  readonly alias?: Readonly<Record<string, string>>;
  /** Whether it runs without a file of a model. */
  readonly runs: boolean;
}

interface Peer {
  readonly name: string;
  /** The first has the version that the table names. */
  readonly packages: readonly [string, ...string[]];
  readonly predict: Page;
  /** Null if it does not train. */
  readonly train: Page | null;
}

const jax = { file: "jax-js.mjs", runs: true };

const peers: readonly Peer[] = [
  {
    name: "TensorFlow.js, cpu backend",
    packages: ["@tensorflow/tfjs-core", "@tensorflow/tfjs-backend-cpu"],
    predict: {
      file: "tfjs-cpu.mjs",
      trains: false,
      runs: true,
      // Without the optimizers, as its documentation of custom bundles says.
      alias: { "@tensorflow/tfjs-core$": "@tensorflow/tfjs-core/dist/base.js" },
    },
    train: { file: "tfjs-cpu-train.mjs", trains: true, runs: true },
  },
  {
    name: "jax-js",
    packages: ["@jax-js/jax"],
    predict: { ...jax, trains: false },
    train: { ...jax, trains: true },
  },
  {
    name: "TensorFlow.js, converted model, WebAssembly backend",
    packages: ["@tensorflow/tfjs-core", "@tensorflow/tfjs-converter", "@tensorflow/tfjs-backend-wasm"],
    predict: {
      file: "tfjs-wasm.mjs",
      trains: false,
      runs: false,
      loads: ["@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm"],
    },
    train: null,
  },
  {
    name: "onnxruntime-web, WebAssembly backend",
    packages: ["onnxruntime-web"],
    predict: {
      file: "onnxruntime.mjs",
      trains: false,
      runs: false,
      loads: ["onnxruntime-web/dist/ort-wasm-simd-threaded.wasm"],
    },
    train: null,
  },
];

const root = fileURLToPath(new URL("../", import.meta.url));
const lenet = "mnist/lenet.dl";

function execute(command: string, args: readonly string[], cwd: string): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  invariant(status === 0, `${command} ${args.join(" ")}\n${stdout}${stderr}`);
}

/** The compressed bytes of a page: its bundle without what is only loaded on demand, and other files. */
async function bytesOf(page: Page, folder: string): Promise<number> {
  const { file, trains, loads = [], alias = {} } = page;
  const out = mkdtempSync(join(folder, "out-"));
  const input = join(folder, `page-${file}`);
  cpSync(join(root, "bench/download", file), join(folder, file));
  writeFileSync(input, `export { predict${trains ? ", step" : ""} } from "./${file}";\n`);
  const inFolder = Object.entries(alias).map(([name, path]) => [name, join(folder, "node_modules", path)]);
  const bundle = await rolldown({
    input,
    platform: "browser",
    logLevel: "silent",
    resolve: { alias: Object.fromEntries(inFolder) as Record<string, string> },
  });
  const { output } = await bundle.write({ dir: out, minify: true, entryFileNames: "page.mjs" });
  await bundle.close();
  if (page.runs) run(page, out);
  const chunks = new Map(output.flatMap((each) => (each.type === "chunk" ? [[each.fileName, each] as const] : [])));
  const loaded = (name: string): readonly string[] => [name, ...(chunks.get(name)?.imports ?? []).flatMap(loaded)];
  const code = [...new Set(loaded("page.mjs"))].map((name) => compressed(chunks.get(name)?.code ?? ""));
  const others = loads.map((path) => compressed(readFileSync(join(folder, "node_modules", path))));
  return [...code, ...others].reduce((sum, bytes) => sum + bytes, 0);
}

/** Runs a bundle: ten numbers must come out, and a loss if it trains. */
function run({ trains }: Page, folder: string): void {
  const check = `import { predict${trains ? ", step" : ""} } from "./page.mjs";
const fail = (says) => { throw new Error(says); };
if ((await predict(new Float32Array(784))).length !== 10) fail("no ten numbers");
${trains ? 'if (!((await step(new Float32Array(1568).fill(1), [3, 7]))[0] > 0)) fail("no loss");' : ""}`;
  writeFileSync(join(folder, "check.mjs"), check);
  execute(process.execPath, ["--import", join(root, "bench/download/browser.mjs"), "check.mjs"], folder);
}

/** The files of a build that one host loads, besides the weights: one of the modules for different hosts. */
async function ourBytes(folder: string, flags: readonly string[]): Promise<number> {
  const out = join(folder, "out");
  const weights = join(folder, "lenet.safetensors");
  const { plan, code } = compiledSubject({ file: lenet, dims: { N: 1 } });
  writeFileSync(weights, (await createSession(plan, await code())).save());
  execute(
    process.execPath,
    ["cli/main.ts", "build", `examples/${lenet}`, ...flags, "--weights", weights, "-o", out],
    root,
  );
  return ["module.mjs", "module.wasm"].reduce((sum, name) => sum + compressed(readFileSync(join(out, name))), 0);
}

const versionOf = (folder: string, name: string): string =>
  (JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"), "utf8")) as { readonly version: string })
    .version;

const kilobytes = (bytes: number): string =>
  bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;

function writeTable(rows: readonly (readonly string[])[]): void {
  const readme = join(root, "README.md");
  const table = rows.map((row) => `| ${row.join(" | ")} |`).toSpliced(1, 0, "|---|---|---|");
  const text = readFileSync(readme, "utf8");
  const between = /(<!-- download: .* -->\n)[\s\S]*?(\n<!-- end of download -->)/;
  invariant(between.test(text), "README.md has no marks for the table");
  writeFileSync(readme, text.replace(between, `$1\n${table.join("\n")}\n$2`));
}

/** A temporary folder with the packages. */
class Workplace implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "dlc-download-"));

  constructor(peer: string | undefined) {
    if (peer !== undefined) {
      symlinkSync(resolve(peer, "node_modules"), join(this.path, "node_modules"), "dir");
      return;
    }
    writeFileSync(join(this.path, "package.json"), "{}");
    const packages = [...new Set(peers.flatMap((each) => each.packages))];
    execute("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", ...packages], this.path);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

async function peerRow({ name, packages, predict, train }: Peer, folder: string): Promise<readonly string[]> {
  const version = versionOf(folder, packages[0]);
  const training = train === null ? "-" : kilobytes(await bytesOf(train, folder));
  return [name.replace(/(?=,|$)/, ` ${version}`), kilobytes(await bytesOf(predict, folder)), training];
}

const { peer, write = false } = parseArgs({ options: { peer: { type: "string" }, write: { type: "boolean" } } }).values;
using workplace = new Workplace(peer);
const ours = [
  kilobytes(await ourBytes(workplace.path, ["--dim", "N=1", "--entry", "predict"])),
  kilobytes(await ourBytes(workplace.path, ["--variant", "predict:N=1", "--variant", "step:N=64"])),
];
const rows: (readonly string[])[] = [
  ["LeNet", "predict", "predict and train"],
  ["dlc", ...ours],
];
for (const each of peers) rows.push(await peerRow(each, workplace.path));
console.log(alignColumns(rows, Infinity).join("\n"));
if (write) writeTable(rows);
