import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { dlc } from "../cli/dlc.ts";

const folder = mkdtempSync(join(tmpdir(), "dlc-json-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "broken.dl"), "dl 1\n\nentry f(x: f32[2, 4]) {\n  dens(10)(x)\n}\n");
writeFileSync(join(folder, "unread.dl"), "dl 1\n\nentry f(x: f32[2, 4] {\n  x\n}\n");
writeFileSync(join(folder, "untidy.dl"), "dl 1\n\nentry f(x: f32[2,4]) {\n  x\n}\n");

interface Report {
  readonly diagnostics: readonly Readonly<Record<string, unknown>>[];
}
const report = (stdout: string): Report => JSON.parse(stdout) as Report;
const fields = ["severity", "at", "also", "code", "help", "says"];

test.each([
  [["check", "broken.dl"], "E0201"],
  [["check", "nowhere.dl"], "E1001"],
  [["fmt", "unread.dl", "--check"], "E0103"],
  [["dump", "broken.dl"], "E0201"],
  [["summary", "broken.dl"], "E0201"],
  [["run", "broken.dl", "--entry", "g"], "E1020"],
  [["build", "broken.dl", "-o", "out"], "E0201"],
  [["bench", "broken.dl", "--entry", "f"], "E0201"],
  [["train", "broken.dl", "--data", "mnist"], "E1020"],
  [["eval", "broken.dl", "--data", "mnist", "--weights", "w", "--entry", "g"], "E1020"],
  [["explain", "E9999"], "E1021"],
] as const)("dlc %j --json prints %s as JSON, and nothing else", async (args, code) => {
  const { code: status, stdout, stderr } = await dlc(folder, ...args, "--json");
  const { diagnostics } = report(stdout);
  expect(diagnostics.map((d) => d["code"])).toContain(code);
  for (const d of diagnostics) expect(Object.keys(d).sort()).toEqual(fields.toSorted());
  expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
});

test("a location has the file, lines and columns from 1 with an exclusive end, and its message", async () => {
  const { stdout } = await dlc(folder, "check", "broken.dl", "--json");
  expect(report(stdout).diagnostics[0]).toEqual({
    severity: "error",
    code: "E0201",
    says: "unknown name `dens`",
    at: { file: "broken.dl", line: 4, column: 3, endLine: 4, endColumn: 7, says: "not found in this scope" },
    also: [],
    help: "did you mean `dense`?",
  });
});

test("fmt --check --json names the files that would change", async () => {
  const { code, stdout } = await dlc(folder, "fmt", "--check", "untidy.dl", "--json");
  expect(JSON.parse(stdout)).toEqual({ changed: ["untidy.dl"], diagnostics: [] });
  expect(code).toBe(1);
});

test("explain --json prints the page", async () => {
  const { stdout } = await dlc(folder, "explain", "e0404", "--json");
  expect(JSON.parse(stdout)).toMatchObject({ code: "E0404", says: "a named argument must be a parameter" });
});

test.each([
  [["dump", "untidy.dl", "--stage", "simplifi"], "did you mean `simplify`?"],
  [["dump", "untidy.dl", "--without", "simplifi"], "did you mean `simplify`?"],
  [["dump", "untidy.dl", "--entry", "g"], "its entries are f"],
  [["dump", "entries.dl", "--entry", "predct"], "did you mean `predict`?"],
  [["explain", "E02001"], "did you mean `E0201`?"],
] as const)("dlc %j suggests the intended name: %s", async (args, help) => {
  writeFileSync(join(folder, "entries.dl"), "dl 1\n\nentry predict(x: f32[2, 4]) {\n  x\n}\n");
  const { stderr } = await dlc(folder, ...args);
  expect(stderr).toContain(help);
});
