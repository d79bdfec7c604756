// `npm run coverage`: runs the tests, counts what runs, and reports the lines of the compiler and the branches of file
// readers that never run.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { measure, type FileCoverage } from "./measure.ts";

/** Required coverage of the lines of compiler/, in percent. */
const aim = 95;

/** The readers of untrusted files. */
const readers = [
  "runtime/safetensors-header.ts",
  "runtime/safetensors.ts",
  "cli/training/saved-run.ts",
  "compiler/graph/parse.ts",
  "compiler/graph/parse-parts.ts",
  "compiler/graph/parse-spans.ts",
  "compiler/graph/tokens.ts",
  "compiler/kernel/parse.ts",
  "compiler/kernel/parse-expr.ts",
  "compiler/kernel/lex.ts",
  "compiler/kernel/token-reader.ts",
];
const isReader = (path: string): boolean => path.startsWith("compiler/formats/") || readers.includes(path);

const sum = (files: readonly FileCoverage[], of: (file: FileCoverage) => number): number =>
  files.reduce((total, file) => total + of(file), 0);
const percent = (missed: number, all: number): number => (all === 0 ? 100 : (100 * (all - missed)) / all);
const linesOf = (files: readonly FileCoverage[]): number =>
  percent(
    sum(files, (f) => f.missedLines.length),
    sum(files, (f) => f.lines),
  );
const stretchesOf = (files: readonly FileCoverage[]): number =>
  percent(
    sum(files, (f) => f.missedStretches.length),
    sum(files, (f) => f.stretches),
  );
/** Rounded down, so that 100 means complete. */
const shown = (value: number): string => `${(Math.floor(value * 10) / 10).toFixed(1).padStart(5)} %`;

/** `3, 7-9` */
function runs(lines: readonly number[]): string {
  const spans: [number, number][] = [];
  for (const line of [...new Set(lines)].toSorted((a, b) => a - b)) {
    const last = spans.at(-1);
    if (last !== undefined && last[1] === line - 1) last[1] = line;
    else spans.push([line, line]);
  }
  return spans.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(", ");
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const given = process.argv[2];
const counted = given ?? mkdtempSync(join(tmpdir(), "dlc-coverage-"));
let failed = false;
if (given === undefined) {
  const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
  const tests = spawnSync(process.execPath, [vitest, "run", "--reporter=dot"], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, NODE_V8_COVERAGE: counted },
  });
  failed = tests.status !== 0;
}
const files = measure(root, ["compiler", "runtime", "cli/training"], counted);
if (given === undefined) rmSync(counted, { recursive: true });

const compiler = files.filter(({ path }) => path.startsWith("compiler/"));
const folderOf = ({ path }: FileCoverage): string => path.slice(0, path.lastIndexOf("/"));
console.log("\nLine coverage of compiler/, with the lines that never ran");
for (const [folder, members] of [...Map.groupBy(compiler, folderOf)].toSorted(
  ([, a], [, b]) => linesOf(a) - linesOf(b),
)) {
  console.log(`${shown(linesOf(members))}  ${folder}`);
  for (const file of members
    .filter(({ missedLines }) => missedLines.length > 0)
    .toSorted((a, b) => linesOf([a]) - linesOf([b])))
    console.log(`  ${shown(linesOf([file]))}  ${file.path}: ${runs(file.missedLines)}`);
}
console.log("\nReaders of files: lines, branches, and the lines of branches that never ran");
const opened = files.filter(({ path }) => isReader(path));
for (const file of opened.toSorted((a, b) => stretchesOf([a]) - stretchesOf([b])))
  console.log(
    `${shown(linesOf([file]))} ${shown(stretchesOf([file]))}  ${file.path}${file.missedStretches.length > 0 ? `: ${runs(file.missedStretches)}` : ""}`,
  );

const [all, ofReaders, branches] = [linesOf(compiler), linesOf(opened), stretchesOf(opened)];
console.log(
  `\ncompiler/ ${shown(all)} of lines (${shown(stretchesOf(compiler)).trim()} of branches), readers ${shown(ofReaders)} of lines and ${shown(branches)} of branches`,
);
if (failed || all < aim || ofReaders < 100 || branches < 100) process.exitCode = 1;
