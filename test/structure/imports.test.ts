import { expect, test } from "vitest";
import { importsOf, sourceFiles } from "./source-files.ts";

const files = sourceFiles();

/**
 * The allowed imports, type imports included: a file imports from its own room and from rooms of earlier rows. A room
 * is a folder with everything below it that is not itself a room.
 */
const ranks: readonly (readonly string[])[] = [
  ["runtime", "dsl"],
  ["compiler/support"],
  ["compiler/types"],
  ["compiler/kernel"],
  ["compiler/graph", "compiler/codegen"],
  ["compiler/ops"],
  ["compiler/analysis"],
  ["compiler/frontend", "compiler/passes", "compiler/schedule", "compiler/formats"],
  ["compiler/link"],
  ["compiler"],
  ["compiler/inspect"],
  ["compiler/trust"],
  ["compiler/index.ts"],
  ["cli", "bench"],
  ["plugins"],
  ["tools"],
  ["test"],
];

const rankOf: ReadonlyMap<string, number> = new Map(ranks.flatMap((rooms, rank) => rooms.map((room) => [room, rank])));

/** The room of a file: the longest prefix of its path that is a room. */
function roomOf(path: string): string {
  const parts = path.split("/");
  const prefixes = parts.map((_, i) => parts.slice(0, parts.length - i).join("/"));
  return prefixes.find((prefix) => rankOf.has(prefix)) ?? path;
}

const isOurs = (target: string): boolean => target.endsWith(".ts");
const packages: Readonly<Record<string, readonly string[]>> = { runtime: [], compiler: [], dsl: ["chevrotain"] };

test("the pattern finds every form of import", () => {
  const text = `import { a } from "./a.ts";\nimport type {\n  B,\n} from "../b.ts";\nimport "chevrotain";\nexport * from "./c.ts";\nconst d = await import("./d.ts");`;
  expect(importsOf("compiler/ops/x.ts", text)).toEqual([
    "compiler/ops/a.ts",
    "compiler/b.ts",
    "chevrotain",
    "compiler/ops/c.ts",
    "compiler/ops/d.ts",
  ]);
});

test("every folder of the compiler is a room with a rank, and every room exists", () => {
  const folders = new Set(
    files.map(({ path }) =>
      path
        .split("/")
        .slice(0, path.startsWith("compiler/") ? 2 : 1)
        .join("/"),
    ),
  );
  const rooms = [...rankOf.keys()].filter((room) => room !== "compiler");
  expect([...folders].filter((folder) => !folder.endsWith(".ts") && !rankOf.has(folder))).toEqual([]);
  expect(rooms.filter((room) => !folders.has(room))).toEqual([]);
});

test("index.ts, pipeline.ts and compile.ts are the only files directly in compiler/", () => {
  const top = files.map(({ path }) => path).filter((path) => /^compiler\/[^/]+$/.test(path));
  expect(top).toEqual(["compiler/compile.ts", "compiler/index.ts", "compiler/pipeline.ts"]);
});

test("files import only from the same room or from rooms of lower rank", () => {
  const wrong = files.flatMap(({ path, imports }) => {
    const from = roomOf(path);
    const allowed = (to: string): boolean => from === to || (rankOf.get(to) ?? Infinity) < (rankOf.get(from) ?? -1);
    return imports
      .filter((target) => isOurs(target) && !allowed(roomOf(target)))
      .map((target) => `${path} imports ${target}`);
  });
  expect(wrong).toEqual([]);
});

/** Cycles among files, each as `a -> b -> a`. */
function cyclesOf(targets: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push([...trail.slice(start), path].join(" -> "));
    if (start >= 0 || done.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  return cycles;
}

test("no import cycle exists, type imports included", () => {
  expect(
    cyclesOf(
      new Map([
        ["a.ts", ["b.ts"]],
        ["b.ts", ["a.ts"]],
      ]),
    ),
  ).toEqual(["a.ts -> b.ts -> a.ts"]);
  expect(cyclesOf(new Map(files.map((file) => [file.path, file.imports.filter(isOurs)])))).toEqual([]);
});

test("outside of compiler/ops and tests, only the op table is imported", () => {
  const allowed = new Set(["compiler/ops/table.ts", "compiler/ops/index.ts"]);
  const wrong = files.flatMap(({ path, imports }) =>
    path.startsWith("compiler/ops/") || path.startsWith("test/")
      ? []
      : imports
          .filter((target) => target.startsWith("compiler/ops/") && !allowed.has(target))
          .map((target) => `${path} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

test("dsl, compiler and runtime import no Node API, and only the allowed packages", () => {
  const wrong = files.flatMap(({ path, imports }) => {
    const allowed = packages[path.split("/")[0] ?? ""];
    return allowed === undefined
      ? []
      : imports
          .filter((target) => !isOurs(target) && !allowed.includes(target))
          .map((target) => `${path} imports ${target}`);
  });
  expect(wrong).toEqual([]);
});

test("no pass imports another pass", () => {
  const names = new Set(
    files
      .filter((file) => file.path.startsWith("compiler/passes/") && file.text.includes("= definePass({"))
      .map((file) => file.path),
  );
  expect(names.size).toBeGreaterThan(10);
  const wrong = files.flatMap(({ path, imports }) =>
    names.has(path) ? imports.filter((target) => names.has(target)).map((target) => `${path} imports ${target}`) : [],
  );
  expect(wrong).toEqual([]);
});
