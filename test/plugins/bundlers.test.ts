// The bundlers that Vitest brings; the others are in test/hosts, where the bundles also run in browsers.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { dlc as forRolldown } from "dlc/rolldown";
import { dlc as forVite } from "dlc/vite";
import { rolldown } from "rolldown";
import { build } from "vite";
import { expect, test } from "vitest";
import type { PluginOptions } from "../../plugins/options.ts";
import { net, printed, program, Project } from "./project.ts";

type Bundle = (project: Project, options?: PluginOptions) => Promise<void>;

const byRolldown: Bundle = async ({ folder }, options) => {
  const bundle = await rolldown({
    cwd: folder,
    input: "main.js",
    plugins: [forRolldown(options)],
    onwarn: (warning) => writeFileSync(`${folder}/warnings.txt`, JSON.stringify(warning)),
  });
  await bundle.write({ dir: `${folder}/out` });
  await bundle.close();
};

const viteConfig = (folder: string, options?: PluginOptions) => ({
  root: folder,
  configFile: false as const,
  logLevel: "silent" as const,
  plugins: [forVite(options)],
});

const byVite: Bundle = async ({ folder }, options) => {
  const rolldownOptions = { input: `${folder}/main.js`, output: { entryFileNames: "main.js" } };
  await build({
    ...viteConfig(folder, options),
    base: "./",
    build: { outDir: "out", target: "esnext", rolldownOptions },
  });
};

const byViteForServers: Bundle = async ({ folder }, options) => {
  await build({ ...viteConfig(folder, options), build: { outDir: "out", ssr: "main.js" } });
};

const run = (project: Project): string =>
  execFileSync(process.execPath, [project.path("out/main.js")], { encoding: "utf8" });

const outputs = (project: Project): readonly string[] =>
  readdirSync(project.path("out"), { recursive: true, encoding: "utf8" })
    .map((name) => name.replace(/-[\w-]{8}\./, "-HASH."))
    .filter((name) => name.includes("."))
    .toSorted();

test.each([
  ["rolldown", byRolldown, ["assets/net-HASH.wasm", "assets/net.strict-HASH.wasm", "main.js"]],
  ["vite", byVite, ["assets/net-HASH.wasm", "assets/net.strict-HASH.wasm", "main.js"]],
  ["vite for servers", byViteForServers, ["main.js"]],
])("a build of %s runs, and has the files of the model as assets", async (_, bundle, files) => {
  using project = new Project({ "main.js": program("?dim.N=1") });
  await bundle(project);
  expect(run(project)).toMatch(printed);
  expect(outputs(project)).toEqual(files);
});

test("options of the configuration reach the model", async () => {
  using project = new Project({ "main.js": program("") });
  await byRolldown(project, { files: { "net.dl": { dims: { N: 1 }, inline: true } } });
  expect(run(project)).toMatch(printed);
  expect(outputs(project)).toEqual(["main.js"]);
});

test.each([
  ["rolldown", byRolldown],
  ["vite", byVite],
])("%s reports an error in a model with its location and frame", async (_, bundle) => {
  using project = new Project({ "main.js": program(), "net.dl": net(5) });
  const error = await bundle(project).catch((failed: unknown) => failed as Error);
  expect(error?.message).toContain("[plugin dlc]");
  expect(error?.message).toMatch(/net\.dl:5:39\n/);
  expect(error?.message).toContain("error[E0302]: expected f32[N, 5] for the result of `Net`, found f32[N=1, 3]");
  expect(error?.message).toMatch(/\n5 \| model Net[^\n]*\n {2}\| +\^+ axis 1 is 3, expected 5/);
});

test("an unknown option in a query is an error of the bundler", async () => {
  using project = new Project({ "main.js": program("?dim.N=1&mod=strict") });
  await expect(byRolldown(project)).rejects.toThrow(/E0818[^]*has no option `mod`[^]*did you mean `mode`/);
});

test("weights that are not there are an error of the bundler", async () => {
  using project = new Project({ "main.js": program("?dim.N=1&weights=./no.safetensors") });
  await expect(byRolldown(project)).rejects.toThrow(/E1001[^]*cannot read \S*no.safetensors: no such file/);
});

test("a warning about a model is a warning of the bundler", async () => {
  using project = new Project({
    "main.js": program(),
    "net.dl": `${net()}\nentry four() { let four = 8 // 2\n  { four } }\n`,
  });
  await byRolldown(project);
  const warning = JSON.parse(readFileSync(project.path("warnings.txt"), "utf8")) as object;
  expect(warning).toMatchObject({ plugin: "dlc", loc: { line: 9 } });
});

test("the dev server sends a module that swaps the model, the model in full, and models to the server's own code", () => {
  using project = new Project({ "main.js": program() });
  const script = fileURLToPath(new URL("dev-server.ts", import.meta.url));
  const output = execFileSync(process.execPath, [script, project.folder], { encoding: "utf8" });
  const end = output.indexOf("\n") + 1;
  expect(output.slice(0, end)).toMatch(printed);
  const { page, hot, built = "" } = JSON.parse(output.slice(end)) as Record<string, string>;
  expect(page).toContain("import.meta.hot.accept()");
  expect(hot).toContain("function hotLoad");
  // It is sent as it is.
  expect(hot).not.toMatch(/^import /m);
  const [path = ""] = /\/node_modules\/\.cache\/dlc\/\w+\/net\.wasm/.exec(built) ?? [];
  expect(readFileSync(project.path(path)).subarray(0, 4).toString("latin1")).toBe("\0asm");
  expect(built).toContain('lacks:{"set":"the model has no settings"}');
});
