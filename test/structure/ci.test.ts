import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "dlc-ci-"));
afterAll(() => rmSync(folder, { recursive: true }));

const count = fileURLToPath(new URL("../../.ci/count.ts", import.meta.url));
const passing = { status: "passed", assertionResults: [{ status: "passed" }] };
const failing = { status: "failed", assertionResults: [{ status: "passed" }, { status: "failed" }] };
const notLoading = { status: "failed", assertionResults: [] };

test.each([
  [
    "all pass",
    { numPassedTests: 3, numFailedTests: 0, success: true, testResults: [passing] },
    "0",
    "3 passed, 0 failed\n",
    0,
  ],
  [
    "a test fails",
    { numPassedTests: 3, numFailedTests: 1, success: false, testResults: [passing, failing] },
    "0",
    "3 passed, 1 failed\n",
    1,
  ],
  [
    "a file does not load",
    { numPassedTests: 3, numFailedTests: 1, success: false, testResults: [failing, notLoading] },
    "0",
    "3 passed, 2 failed\n",
    1,
  ],
  [
    "an error outside tests",
    { numPassedTests: 3, numFailedTests: 0, success: false, testResults: [passing] },
    "0",
    "3 passed, 1 failed\n",
    1,
  ],
  [
    "another step fails",
    { numPassedTests: 3, numFailedTests: 0, success: true, testResults: [passing] },
    "1",
    "3 passed, 0 failed\n",
    1,
  ],
  ["no report", null, "0", "0 passed, 1 failed\n", 1],
] as const)("the closing line of CI: %s", (_, report, otherStepFailed, line, status) => {
  const path = join(folder, "report.json");
  writeFileSync(path, JSON.stringify(report));
  const outcome = spawnSync(process.execPath, [count, path, otherStepFailed], { encoding: "utf8" });
  expect(outcome.stdout).toBe(line);
  expect(outcome.status).toBe(status);
});

interface Dependencies {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

describe.each(["", "test/hosts/"])("the lock file in %j", (place) => {
  const text = (name: string): string => readFileSync(new URL(`../../${place}${name}`, import.meta.url), "utf8");
  const own = JSON.parse(text("package.json")) as Dependencies;

  test("names what package.json asks for, as `npm ci` demands", () => {
    const { packages } = JSON.parse(text("package-lock.json")) as {
      readonly packages: Readonly<Record<string, Dependencies>>;
    };
    expect(packages[""]?.dependencies).toEqual(own.dependencies);
    expect(packages[""]?.devDependencies).toEqual(own.devDependencies);
    expect(packages[""]?.optionalDependencies).toEqual(own.optionalDependencies);
    const wanted = Object.keys({ ...own.dependencies, ...own.devDependencies, ...own.optionalDependencies });
    expect(wanted.length).toBeGreaterThan(0);
    expect(wanted.filter((name) => packages[`node_modules/${name}`] === undefined)).toEqual([]);
  });

  test("does not say which registry its packages come from", () => {
    expect(text("package-lock.json")).not.toMatch(/"resolved"/);
  });
});
