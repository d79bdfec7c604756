import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { init, parse } from "es-module-lexer";
import { publint } from "publint";
import { afterAll, beforeAll, expect, test } from "vitest";
import { consumer, script } from "./consumer.ts";
import { firstSteps } from "./readme.ts";
import { compilers, installTools, nodes, root, run, versionIn, type Ran } from "./tools.ts";

// Slow with reason: it builds the package, and runs every command of the README on three versions of Node.
const minutes = 60_000;

const steps = firstSteps();
const tarball = `dlc-${versionIn(root)}.tgz`;
const project = mkdtempSync(join(tmpdir(), "dlc-package-"));
/** Where the tarball is only unpacked. */
const consuming = mkdtempSync(join(tmpdir(), "dlc-consumer-"));
const unpacked = join(consuming, "node_modules/dlc");

afterAll(() => {
  for (const folder of [project, consuming]) rmSync(folder, { recursive: true });
});

const succeeds = ({ ok, text }: Ran): string => {
  expect(ok, text).toBe(true);
  return text;
};

let missing: string | null = null;

beforeAll(() => {
  missing = installTools();
  // `npm ci` has run: its result runs this test.
  for (const step of steps)
    if (step.kind === "run" && step.where === "clone" && step.command !== "npm ci") succeeds(run(step.command, root));
  copyFileSync(join(root, tarball), join(project, tarball));
  mkdirSync(unpacked, { recursive: true });
  succeeds(run(`tar -xzf ${tarball} --strip-components=1 -C ${unpacked}`, project));
}, 5 * minutes);

const inPackage = (): readonly { readonly path: string; readonly bytes: number }[] => {
  return readdirSync(unpacked, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(unpacked, path)).isFile())
    .map((path) => ({ path, bytes: statSync(join(unpacked, path)).size }));
};

test("the package has what it exports and nothing of the repository's own, in 2 MB without the digits", () => {
  const files = inPackage();
  const folders = new Set(files.map(({ path }) => (path.includes("/") ? path.slice(0, path.indexOf("/")) : ".")));
  expect([...folders].toSorted()).toEqual([
    ".",
    "chunks",
    "cli",
    "compiler",
    "data",
    "docs",
    "plugins",
    "runtime",
    "types",
  ]);
  expect(files.filter(({ path }) => path.endsWith(".ts") && !path.endsWith(".d.ts"))).toEqual([]);
  const sum = (of: typeof files): number => of.reduce((total, { bytes }) => total + bytes, 0);
  const digits = files.filter(({ path }) => path.startsWith("data/"));
  expect(sum(digits)).toBeLessThan(2e6);
  expect(sum(files) - sum(digits)).toBeLessThan(2e6);
});

/** Kinds of imports of the lexer. */
const dynamicImport = 2;
const importMeta = 3;

test("what browsers load imports nothing of Node", async () => {
  await init;
  const loaded = new Set<string>();
  const visit = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    const text = readFileSync(join(unpacked, path), "utf8");
    for (const { s, e, t } of parse(text)[0]) {
      if (t === importMeta) continue;
      // As written: the lexer decodes names by `eval`, which tests forbid.
      const written = text.slice(s, e);
      const computed = t === dynamicImport && !/^(["'`])[^$]*\1$/.test(written);
      if (computed) continue; // a module of a user's model
      const target = written.replaceAll(/["'`]/g, "");
      expect(target, path).toMatch(/^\.{1,2}\//);
      visit(join(path, "..", target));
    }
  };
  for (const entry of ["compiler/index.js", "runtime/index.js", "cli/std/index.js"]) visit(entry);
  expect(loaded.size).toBeGreaterThan(3);
});

test(
  "publint and arethetypeswrong find no fault",
  async () => {
    const { messages } = await publint({ pkgDir: unpacked, pack: false, strict: true });
    expect(messages).toEqual([]);
    succeeds(
      run(`"${process.execPath}" node_modules/@arethetypeswrong/cli/dist/index.js ${tarball} --profile esm-only`, root),
    );
  },
  minutes,
);

const results = new Map<string, unknown>();

test.for(Object.keys(nodes))(
  "Node %s: the commands of the README, `import` and `require`",
  { timeout: 3 * minutes },
  (version, { skip }) => {
    const node = nodes[version] ?? "";
    if (!existsSync(node)) return skip(missing ?? `no Node ${version} for this platform`);
    for (const name of readdirSync(project)) if (name !== tarball) rmSync(join(project, name), { recursive: true });
    for (const step of steps)
      if (step.kind === "file") writeFileSync(join(project, step.name), step.text);
      else if (step.where === "project") succeeds(run(step.command, project, node));
    expect(existsSync(join(project, "node_modules/dlc/package.json"))).toBe(true);
    writeFileSync(join(project, "script.mjs"), script);
    const { node: ran, ...found } = JSON.parse(succeeds(run("node script.mjs", project, node))) as Record<
      string,
      unknown
    >;
    expect(String(ran).split(".")[0]).toBe(version);
    expect(found["required"]).toEqual(found["imported"]);
    expect(found["imported"]).toContain("compile");
    const [first, second] = found["probs"] as readonly (readonly number[])[];
    expect(second).toEqual(first);
    results.set(version, first);
    for (const other of results.values()) expect(other).toEqual(first);
  },
);

const strict = { noEmit: true, strict: true, exactOptionalPropertyTypes: true, target: "es2022", types: [] };
const modules = [
  { ...strict, module: "nodenext" },
  { ...strict, module: "preserve", moduleResolution: "bundler", customConditions: ["node"] },
];

test.for(Object.keys(compilers))(
  "TypeScript %s: a strict consumer checks, the package's declarations included",
  { timeout: minutes },
  (version, { skip }) => {
    const compiler = compilers[version] ?? "";
    if (!existsSync(compiler)) return skip(missing ?? "not installed");
    writeFileSync(join(consuming, "consumer.mts"), consumer);
    for (const compilerOptions of modules) {
      writeFileSync(join(consuming, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.mts"] }));
      succeeds(run(`"${process.execPath}" "${compiler}"`, consuming));
    }
  },
);
