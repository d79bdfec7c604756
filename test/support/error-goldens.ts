import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { errorCase, withDiagnostics, type ErrorCase } from "./inline-diagnostics.ts";

/**
 * The error goldens of a folder: each is a program with its diagnostics inline. `BLESS=1` rewrites a golden in place,
 * and keeps the program byte for byte.
 */
export class ErrorGoldens {
  readonly names: readonly string[];
  private readonly folder: URL;

  constructor(folder: URL) {
    this.folder = folder;
    this.names = readdirSync(folder)
      .filter((name) => name.endsWith(".dl"))
      .toSorted();
  }

  /** The text of the file, diagnostics included. */
  text(name: string): string {
    return readFileSync(new URL(name, this.folder), "utf8");
  }

  case(name: string): ErrorCase {
    return errorCase(name, this.text(name));
  }

  /** Compares the diagnostics of a program with its golden, or with `BLESS=1` writes them to it. */
  expect(name: string, diagnostics: readonly Diagnostic[]): void {
    const now = withDiagnostics(this.case(name), diagnostics);
    expect(errorCase(name, now), "the program has a comment that reads as a diagnostic").toEqual(this.case(name));
    expect(diagnostics.length, "the program has a diagnostic").toBeGreaterThan(0);
    if (process.env["BLESS"]) writeFileSync(new URL(name, this.folder), now);
    expect(now).toBe(this.text(name));
  }
}
