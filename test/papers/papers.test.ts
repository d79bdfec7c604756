// Programs that engineers wrote from the documentation alone, one per paper: each is still a program.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createResolver } from "../../cli/host/resolver.ts";
import { elaborate } from "../../compiler/frontend/program.ts";
import { renderDiagnostic } from "../../dsl/render.ts";

const folder = new URL("./", import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith(".dl"));

/** In N-BEATS, the backcast of the last block is computed and not used. */
const inherent: Readonly<Record<string, readonly string[]>> = { "nbeats.dl": ["W0642"] };

describe.each(names)("%s", (name) => {
  const source = { name, text: readFileSync(new URL(name, folder), "utf8") };

  test("has no errors and no warnings", () => {
    const { diagnostics, warnings } = elaborate(source, {
      variants: [{}],
      resolve: createResolver(null),
      assumedDim: 8,
    });
    const shown = [...diagnostics, ...warnings]
      .filter(({ code }) => inherent[name]?.includes(code) !== true)
      .map((each) => renderDiagnostic(each, { color: false }));
    expect(shown).toEqual([]);
  });
});
