import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createResolver } from "../../cli/host/resolver.ts";
import { elaborateSource, stagesOfGraph } from "../../compiler/compile.ts";
import { Stages } from "./gaps.ts";
import { gapsOfRandom } from "./random.ts";

const root = new URL("../../", import.meta.url);

/** A line `// try: N=4 T=8` in an example names the dims to compile it with. */
const tried = globSync("examples/**/*.dl", { cwd: root })
  .sort()
  .flatMap((name) => {
    const text = readFileSync(new URL(name, root), "utf8");
    const line = /^\/\/ try:(.*)$/m.exec(text)?.[1];
    const dims = Object.fromEntries(
      Array.from((line ?? "").matchAll(/(\w+)=(\d+)/g), ([, dim = "", size]) => [dim, Number(size)]),
    );
    return line === undefined ? [] : [{ name, text, dims }];
  });

test.each(tried)(
  "in every stage of $name each node has a layer, a role, a location and an origin",
  ({ name, text, dims }) => {
    const { program } = elaborateSource({ name, text }, { dims, resolve: createResolver(name) });
    for (const { graph } of program.entries) {
      const stages = new Stages(graph, { located: true });
      for (const stage of stagesOfGraph(graph, {}))
        expect([graph.name, stage.name, ...stages.gaps(stage.graph).slice(0, 3)]).toEqual([graph.name, stage.name]);
    }
  },
);

test("in every stage of random graphs the origins of each node lead back to the first graph", () => {
  for (let seed = 1; seed <= 40; seed++) expect(gapsOfRandom(seed)).toEqual([]);
});
