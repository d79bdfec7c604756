import { expect, test } from "vitest";
import { checkPluginOptions, optionsFor, type PluginOptions } from "../../plugins/options.ts";

const of = (query: string, config: PluginOptions = {}, path = "/app/models/net.dl") =>
  optionsFor(path, new URLSearchParams(query), config);

test("a query has all options that a text can hold", () => {
  expect(of("dim.N=1&dim.T=64&mode=strict&target=js&entry=predict&entry=step&weights=./best.safetensors")).toEqual({
    dims: { N: 1, T: 64 },
    mode: "strict",
    target: "js",
    entries: ["predict", "step"],
    weights: "./best.safetensors",
  });
  expect(of("variant=N=1,T=2&variant=N=8,T=2").variants).toEqual([
    { N: 1, T: 2 },
    { N: 8, T: 2 },
  ]);
  expect(of("variant=predict:N=1&variant=predict:N=8&variant=step:N=64").variants).toEqual({
    predict: [{ N: 1 }, { N: 8 }],
    step: [{ N: 64 }],
  });
});

test("a flag in a query needs no value", () => {
  expect(of("inline&full=false&optimizer-state=true")).toEqual({ inline: true, full: false, optimizerState: true });
});

test("the marks that Vite adds to a query are no options", () => {
  expect(of("t=1764600000000&import&v=1a2b3c&dlc-build")).toEqual({});
});

test("options of the query replace those for the file, which replace those for all files; sizes are merged", () => {
  const config: PluginOptions = {
    mode: "strict",
    dims: { N: 1, T: 8 },
    files: { "models/*.dl": { dims: { N: 2 }, inline: true }, "net.dl": { inline: false }, "other.dl": { full: true } },
    types: false,
  };
  expect(of("", config)).toEqual({ mode: "strict", dims: { N: 2, T: 8 }, inline: false });
  expect(of("dim.T=9&mode=fast", config)).toEqual({ mode: "fast", dims: { N: 2, T: 9 }, inline: false });
  expect(of("", config, "C:\\app\\models\\net.dl").dims).toEqual({ N: 2, T: 8 });
  expect(of("", config, "/app/nonet.dl")).toEqual({ mode: "strict", dims: { N: 1, T: 8 } });
});

test.each([
  ["mod=strict", "the query of an import has no option `mod`", "did you mean `mode`?"],
  ["dims=1", "the query of an import has no option `dims`", "its options are dim.NAME, variant, entry, mode"],
  ["mode=exact", 'the option `mode` of `the query of an import` must be "fast" or "strict", got "exact"', ""],
  ["dim.N=x", "the query of an import has the value `dim.N=x` for `dim.NAME`", "write dim.N=32"],
  ["variant=1", "the query of an import has the value `1` for `variant`", "write variant=N=1"],
  ["variant=N=1&variant=step:N=2", "some variants of a query have an entry, and others do not", "write variant="],
  ["inline=maybe", "the query of an import has the value `maybe` for `inline`", "write inline"],
])("the query %s is rejected", (query, says, help) => {
  expect(() => of(query)).toThrow(
    expect.objectContaining({ code: "E0818", says, help: help === "" ? undefined : expect.stringContaining(help) }),
  );
});

test("unknown options of the plugin are rejected, those for files too", () => {
  const given = (options: object) => () => checkPluginOptions(options);
  expect(given({ mod: "fast" })).toThrow(/`dlc` has no option `mod`\n  = help: did you mean `mode`\?/);
  expect(given({ files: { "net.dl": { types: false } } })).toThrow(/`files\["net.dl"\]` has no option `types`/);
  expect(given({ weights: 1 })).toThrow(/the option `weights` of `dlc` must be a text, got 1/);
});
