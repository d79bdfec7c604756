import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { ModuleSizes } from "../../cli/build/kernel-sizes.ts";
import { downloaded, reportText, type FileSize } from "../../cli/build/report.ts";
import { workOf } from "../../cli/build/work.ts";
import { compileModule, type CompiledModule } from "../../compiler/index.ts";
import type { Step } from "../../runtime/plan.ts";
import { library } from "../frontend/program.ts";
import { dlc } from "./dlc.ts";
import { createWorkspace } from "./workspace.ts";

const folder = createWorkspace();
afterAll(() => rmSync(folder, { recursive: true }));

const net = (hidden: number): string => `dl 1

model Net(x: f32[N, 6]) -> f32[N, 3] {
  x |> dense(8) |> relu |> dense(${hidden}) |> relu |> dense(3)
}

entry predict(x: f32[N, 6]) { probs: softmax(Net(x)) }

entry root(a: f32[]) {
  let root = while carry x = 1.0, i = 0 until abs(x * x - a) < 1e-6 or i >= 50 {
    next x = (x + a / x) / 2
    next i = i + 1
  }
  { root: root.x }
}

train entry step(x: f32[N, 6], y: i32[N]) {
  let loss = mean(cross_entropy(Net(x), y))
  minimize loss over Net with sgd(lr: 0.1, momentum: 0.9)
  { loss }
}
`;

const compiled = (hidden: number): CompiledModule =>
  compileModule(
    { name: "net.dl", text: net(hidden) },
    { resolve: library, variants: { predict: [{ N: 1 }, { N: 4 }], step: [{ N: 4 }] } },
  );

const files: readonly FileSize[] = [
  { name: "weights.safetensors", bytes: 1500, gzip: 1300 },
  { name: "module.wasm", bytes: 5000, gzip: 2000 },
  { name: "module.strict.wasm", bytes: 5100, gzip: 2050 },
  { name: "module.mjs", bytes: 9000, gzip: 4000 },
  { name: "module.d.ts", bytes: 3000, gzip: 900 },
];

const modulesOf = (code: CompiledModule): readonly ModuleSizes[] => [
  { file: "module.wasm", functionBytes: code.wasm("fast").functionBytes },
  { file: "module.strict.wasm", functionBytes: code.wasm("strict").functionBytes },
];

/** The report with sizes that do not depend on the code generator: a function takes a hundred bytes. */
function report(code: CompiledModule): string {
  const modules = modulesOf(code).map(({ file, functionBytes }) => ({
    file,
    functionBytes: new Map([...functionBytes.keys()].map((name) => [name, 100])),
  }));
  return reportText({ code, files, modules });
}

test("the report of a small model", () => {
  const golden = new URL("../golden/build/report.txt", import.meta.url);
  const text = report(compiled(5));
  if (process.env["BLESS"]) writeFileSync(golden, text);
  expect(text).toBe(readFileSync(golden, "utf8"));
});

test("a layer of another size changes no line of the other layers, and moves none", () => {
  const [before, after] = [report(compiled(5)), report(compiled(7))].map((text) => text.split("\n"));
  const of = (lines: readonly string[] | undefined, layer: string) => lines?.filter((line) => line.includes(layer));
  expect(of(after, "Net.dense1")?.length).toBeGreaterThan(3);
  // The gradient that reaches the first layer comes through the second.
  const ownWork = (line: string): boolean =>
    !line.includes("(step_N4)") && !line.includes("x5") && !line.includes("x7");
  expect(of(after, "Net.dense1")?.filter(ownWork)).toEqual(of(before, "Net.dense1")?.filter(ownWork));
  const titles = (lines: readonly string[] | undefined) => lines?.filter((line) => /^\w/.test(line));
  expect(titles(after)).toEqual(titles(before));
});

test("each function of a module counts once in the kernels or the entries", () => {
  const code = compiled(5);
  const modules = modulesOf(code);
  const [fast] = modules;
  const rows = reportText({ code, files, modules }).split("\n");
  const start = rows.findIndex((row) => row.startsWith("kernels "));
  const kernels = rows.slice(start + 1).flatMap((row) => /^ +([\d,]+)/.exec(row)?.[1] ?? []);
  const sum = (sizes: readonly number[]): number => sizes.reduce((a, b) => a + b, 0);
  const exported = code.plan.entries.flatMap(({ call, prepare }) => [call, prepare ?? ""]);
  expect(sum(kernels.map((size) => Number(size.replaceAll(",", ""))))).toBe(
    sum([...(fast?.functionBytes ?? [])].map(([name, size]) => (exported.includes(name) ? 0 : size))),
  );
});

test("the functions of a JavaScript module are the text between its helpers and its end", () => {
  const { text, functionBytes } = compiled(5).js();
  const sizes = [...functionBytes.values()].reduce((a, b) => a + b, 0);
  const [from, to] = [text.indexOf("  function "), text.lastIndexOf("  };\n}")];
  // `return {` is between the kernels and the entries.
  expect(sizes).toBe(Buffer.byteLength(text.slice(from, to)) - "  return {\n".length);
});

test("a report has no hashes of contents in the names of files", () => {
  const code = compiled(5);
  const hashed = (name: string): string => name.replace(/(?=\.(wasm|safetensors)$)/, ".0123abcd");
  const text = reportText({
    code,
    files: files.map((file) => ({ ...file, name: hashed(file.name) })),
    modules: modulesOf(code).map((module) => ({ ...module, file: hashed(module.file) })),
  });
  expect(text).toBe(reportText({ code, files, modules: modulesOf(code) }));
});

test("work counts the iterations of loops and the larger branch; those of a while have no bound", () => {
  const call = (flops: number, bytes: number): Step => ({ kind: "call", kernel: "k", args: [], flops, bytes });
  const root: Step = { kind: "while", flag: 0, condition: [call(1, 2)], body: [call(10, 20)] };
  expect(
    workOf([
      { kind: "loop", turns: 5, body: [call(3, 4), root] },
      { kind: "branch", flag: 0, then: [call(100, 1)], otherwise: [call(1, 200)] },
    ]),
  ).toEqual({ flops: 5 * 4 + 100, bytes: 5 * 6 + 200, iterations: [{ flops: 11, bytes: 22 }] });
});

test("a host downloads the glue and one module", () => {
  const names = (all: readonly FileSize[]): readonly string[] => downloaded(all).map(({ name }) => name);
  expect(names(files)).toEqual(["module.strict.wasm", "module.mjs"]);
  const [worker, client] = ["worker.mjs", "client.mjs"].map((name) => ({ name, bytes: 900, gzip: 400 })) as [
    FileSize,
    FileSize,
  ];
  expect(names([...files, worker, client])).toEqual(["module.strict.wasm", "module.mjs", "worker.mjs", "client.mjs"]);
  expect(names([...files.slice(3), client])).toEqual(["client.mjs"]);
});

test("a build has the same report in every folder", async () => {
  for (const out of ["one", "two"]) await dlc(folder, "build", "net.dl", "--dim", "N=2", "-o", out);
  const [one, two] = ["one", "two"].map((out) => readFileSync(join(folder, out, "report.txt"), "utf8"));
  expect(one).toBe(two);
  expect(one).toContain("entry step N=2\n");
  expect(one).not.toContain(folder);
});

test("a build over its budget names the largest parts and writes nothing", async () => {
  const build = (...more: readonly string[]) =>
    dlc(folder, "build", "net.dl", "--dim", "N=2", "-o", "limited", ...more);
  const refused = await build("--budget-bytes", "1.5k", "--budget-arena", "1000");
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toMatch(
    /E1014.*: the download takes [\d,]+ bytes, [\d,]+ more than its budget\n.*module\.mjs \(/,
  );
  expect(refused.stderr).toMatch(/the arena takes [\d,]+ bytes.*\n.*the largest parts are \S.* \(\d.*, .* and .*; use/);
  expect(existsSync(join(folder, "limited"))).toBe(false);
  expect(await build("--budget-bytes", "1M", "--budget-arena", "100k")).toMatchObject({ code: 0, stderr: "" });
  const before = readFileSync(join(folder, "limited", "report.txt"), "utf8");
  expect((await build("--entry", "predict", "--budget-bytes", "10")).code).toBe(1);
  expect(readFileSync(join(folder, "limited", "report.txt"), "utf8")).toBe(before);
});

test("a budget is a number of bytes, with k or M", async () => {
  const { code, stderr } = await dlc(folder, "build", "net.dl", "-o", "out", "--budget-bytes", "30kB");
  expect(code).toBe(2);
  expect(stderr).toContain("Expected a number of bytes such as 30000, 30k or 2M.");
});
