import { expect, test } from "vitest";
import { importsOf, sourceFiles } from "./source-files.ts";

const files = sourceFiles();

/** Who may import whom: a file imports from its own folder, and from folders of a smaller rank. */
const ranks: Readonly<Record<string, number>> = {
  runtime: 0,
  dsl: 0,
  "compiler/support": 1,
  "compiler/types": 1.5,
  "compiler/kernel": 2,
  "compiler/graph": 3,
  "compiler/codegen": 3,
  "compiler/ops": 4,
  "compiler/frontend": 5,
  "compiler/passes": 5,
  "compiler/schedule": 5,
  "compiler/formats": 5,
  compiler: 6,
  cli: 7,
  bench: 7,
  examples: 7,
  tools: 8,
  test: 9,
};

/** `compiler/codegen` of `compiler/codegen/wasm/encode.ts`. */
function folderOf(path: string): string {
  const [top = "", second = ""] = path.split("/");
  return top === "compiler" && !second.endsWith(".ts") ? `compiler/${second}` : top;
}

const isOurs = (target: string): boolean => target.endsWith(".ts");
const packages: Readonly<Record<string, readonly string[]>> = { runtime: [], compiler: [], dsl: ["chevrotain"] };

test("the pattern finds every form of import", () => {
  const text = `import { a } from "./a.ts";\nimport type {\n  B,\n} from "../b.ts";\nimport "chevrotain";\nexport * from "./c.ts";\nconst d = await import("./d.ts");`;
  expect(importsOf("compiler/ops/x.ts", text)).toEqual(["compiler/ops/a.ts", "compiler/b.ts", "chevrotain", "compiler/ops/c.ts", "compiler/ops/d.ts"]);
});

test("every folder has a rank", () => {
  expect([...new Set(files.map((file) => folderOf(file.path)))].filter((folder) => !(folder in ranks))).toEqual([]);
});

test("imports go to the own folder or to smaller ranks", () => {
  const wrong = files.flatMap(({ path, imports }) => {
    const from = folderOf(path);
    const allowed = (to: string): boolean => from === to || (ranks[to] ?? Infinity) < (ranks[from] ?? -1) || from === "test";
    return imports.filter((target) => isOurs(target) && !allowed(folderOf(target))).map((target) => `${path} imports ${target}`);
  });
  expect(wrong).toEqual([]);
});

test("no file imports itself over others", () => {
  const targets = new Map(files.map((file) => [file.path, file.runs.filter(isOurs)]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start >= 0) cycles.push([...way.slice(start), path].join(" -> "));
    if (start >= 0 || done.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...way, path]);
    done.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  expect(cycles).toEqual([]);
});

test("only the table opens the families of ops", () => {
  const doors = new Set(["compiler/ops/table.ts", "compiler/ops/index.ts"]);
  const wrong = files.flatMap(({ path, imports }) =>
    path.startsWith("compiler/ops/") || path.startsWith("test/")
      ? []
      : imports.filter((target) => target.startsWith("compiler/ops/") && !doors.has(target)).map((target) => `${path} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

test("dsl, compiler and runtime import no Node API, and only the packages that they may", () => {
  const wrong = files.flatMap(({ path, imports }) => {
    const allowed = packages[path.split("/")[0] ?? ""];
    return allowed === undefined ? [] : imports.filter((target) => !isOurs(target) && !allowed.includes(target)).map((target) => `${path} imports ${target}`);
  });
  expect(wrong).toEqual([]);
});

test("no pass imports another pass", () => {
  const names = new Set(
    files.filter((file) => /^compiler\/passes\/[^/]+\.ts$/.test(file.path) && /: Pass\b|definePass/.test(file.text)).map((file) => file.path),
  );
  const wrong = files.flatMap(({ path, imports }) =>
    names.has(path) ? imports.filter((target) => names.has(target)).map((target) => `${path} imports ${target}`) : [],
  );
  expect(wrong).toEqual([]);
});
