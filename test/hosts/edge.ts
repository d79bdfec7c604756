// workerd, the runtime of edge workers, through miniflare.
import { join } from "node:path";
import { Miniflare } from "miniflare";
import { within, type Engine, type Host, type Outcome } from "./host.ts";
import { versionOf } from "./installed.ts";
import type { Sites } from "./sites.ts";

const workerd: Engine = { name: "workerd", version: () => Promise.resolve(versionOf("workerd")) };

export const edgeHosts = (sites: Sites): Host[] => [
  {
    engine: workerd,
    way: "module imported as compiled WebAssembly",
    expects: "hash",
    run: () => runEdge(sites.make("edge", "given")),
  },
];

async function runEdge(folder: string): Promise<Outcome> {
  const worker = new Miniflare({
    rootPath: folder,
    scriptPath: join(folder, "edge.mjs"),
    modules: true,
    modulesRoot: folder,
    modulesRules: [
      { type: "ESModule", include: ["**/*.mjs"] },
      { type: "CompiledWasm", include: ["**/*.wasm"] },
      { type: "Data", include: ["**/*.safetensors"] },
    ],
    compatibilityDate: "2026-01-01",
  });
  try {
    const response = await within(60, worker.dispatchFetch("http://localhost/"));
    return (await response.json()) as Outcome;
  } finally {
    await worker.dispose();
  }
}
