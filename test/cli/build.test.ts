// The files of a built model: what they hold, where they come from, and how they start.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { compileModule, type CompiledModule } from "dlc/compiler";
import { afterAll, expect, test, vi } from "vitest";
import { buildArtefact, type Artefact, type ArtefactOptions } from "../../cli/build/artefact.ts";
import { declarations, modelTypes } from "../../cli/build/declarations.ts";
import { link } from "../../cli/build/glue/link.ts";
import { glueParts } from "../../cli/build/glue/parts.ts";
import { createResolver } from "../../cli/host/resolver.ts";
import { createSession, type AnyModel, type LoadOptions, type ModelOf } from "../../runtime/index.ts";
import { tinyPlan } from "../runtime/tiny-plan.ts";

const root = mkdtempSync(join(tmpdir(), "dlc-build-"));
afterAll(() => rmSync(root, { recursive: true }));

const text = `dl 1

setting scale: f32 = 2 in (0, 4)

model M(x: f32[N, 3]) -> f32[N, 2] {
  x |> dense(2)
}

entry predict(x: f32[N, 3]) { y: M(x) * scale }

train entry step(x: f32[N, 3], label: i32[N]) {
  let loss = mean(cross_entropy(M(x), label))
  minimize loss over M with adam(lr: 0.1)
  { loss }
}
`;

const compiled = (options: object = {}): CompiledModule =>
  compileModule({ name: "m.dl", text }, { dims: { N: 2 }, resolve: createResolver(null), ...options });

interface Built {
  readonly load: (options?: LoadOptions) => Promise<ModelOf<AnyModel>>;
}

let folders = 0;
/** Writes the files into a folder of their own, and imports the module. */
async function open({ files }: Artefact): Promise<Built & { readonly folder: string }> {
  const folder = mkdtempSync(join(root, `${folders++}-`));
  for (const [name, data] of files) writeFileSync(join(folder, name), data);
  const { load } = (await import(pathToFileURL(join(folder, "module.mjs")).href)) as Built;
  return { load, folder };
}

const x = [1, 2, 3, 4, 5, 6];
const label = [0, 1];
const session = async (module: CompiledModule, seed = 0) =>
  createSession(module.plan, await module.code(), { seed, mode: "strict" });

const kinds: readonly Partial<ArtefactOptions>[] = [{}, { inline: true }, { hashed: true }, { full: true }];

test.each((["wasm", "js"] as const).flatMap((target) => kinds.map((kind) => ({ target, ...kind }))))(
  "a model built with %j starts from its seed or its weights, trains, and gives the bits of the compiler's session",
  async (options) => {
    const module = compiled({ target: options.target });
    const own = await session(module, 5);
    const all = { ...options, mode: "strict" } as const;
    const seeded = await (await open(await buildArtefact(module, all))).load({ seed: 5 });
    const weighted = await (await open(await buildArtefact(module, { ...all, weights: own }))).load({ seed: 5 });
    for (let turn = 0; turn < 3; turn++) {
      const expected = own.run("step", { x, label });
      expect(seeded.run("step", { x, label })).toEqual(expected);
      expect(weighted.run("step", { x, label })).toEqual(expected);
    }
    expect(seeded.save()).toEqual(own.save());
    expect(weighted.save()).toEqual(own.save());
    weighted.set("scale", 3);
    own.set("scale", 3);
    expect(weighted.run("predict", { x })).toEqual(own.run("predict", { x }));
  },
);

test("a build with weights has no code for initial values, and says so", async () => {
  const module = compiled();
  const weights = await session(module);
  const [without, given] = [
    await buildArtefact(module, { target: "wasm", mode: "strict" }),
    await buildArtefact(module, { target: "wasm", mode: "strict", weights }),
  ];
  const size = ({ files }: Artefact): number => (files.get("module.wasm") as Uint8Array).length;
  expect(size(given)).toBeLessThan(size(without));
  expect([without.files.has("weights.safetensors"), given.files.has("weights.safetensors")]).toEqual([false, true]);
  const model = await (await open(given)).load();
  expect(() => model.reset(1)).toThrow(/E0809.*no `reset`/);
  await expect((await open(given)).load({ weights: null })).rejects.toMatchObject({ code: "E0809" });
});

test("weights hold params and the state of layers; that of optimizers only if asked for", async () => {
  const module = compiled();
  const weights = await session(module);
  weights.run("step", { x, label });
  const trained = weights.save();
  const continued = await open(
    await buildArtefact(module, { target: "wasm", mode: "strict", weights, optimizerState: true }),
  ).then(({ load }) => load());
  const fresh = await open(await buildArtefact(module, { target: "wasm", mode: "strict", weights })).then(({ load }) =>
    load(),
  );
  expect(fresh.save({ only: "param" })).toEqual(weights.save({ only: "param" }));
  expect(continued.save()).toEqual(trained);
  const moment = [...fresh.state.keys()].find((path) => path.startsWith("step.adam.") && path.endsWith(".m")) ?? "";
  expect(continued.state.get(moment)?.data.some((value) => value !== 0)).toBe(true);
  expect(fresh.state.get(moment)?.data.every((value) => value === 0)).toBe(true);
});

test("a build has what its entries need", async () => {
  const { load } = await open(
    await buildArtefact(compiled({ entries: ["predict"] }), { target: "wasm", mode: "fast" }),
  );
  const model = await load();
  expect(() => model.save()).toThrow(/E0809.*no `save`[^]*build with --full/);
  expect(() => model.load(new Uint8Array())).toThrow("E0809");
  expect([...model.entries.keys()]).toEqual(["predict"]);
  for (const name of ["step", "init"])
    expect(() => model.run(name)).toThrow(/E0803.*no entry `\w+`\n {2}= help: its entries are predict$/);
});

test("code and weights may be given, and then no host API is needed", async () => {
  const module = compiled();
  const built = await buildArtefact(module, { target: "wasm", mode: "strict", weights: await session(module, 3) });
  const bytes = built.files.get("module.wasm") as Uint8Array<ArrayBuffer>;
  const weights = built.files.get("weights.safetensors") as Uint8Array;
  const { load, folder } = await open(built);
  rmSync(join(folder, "module.wasm"));
  rmSync(join(folder, "weights.safetensors"));
  for (const name of ["URL", "fetch", "TextDecoder", "TextEncoder", "atob", "process", "Response"])
    vi.stubGlobal(name, undefined);
  try {
    const code = await WebAssembly.compile(bytes);
    const foreign = (await runInNewContext("WebAssembly.compile(bytes)", { bytes })) as WebAssembly.Module;
    expect(foreign).not.toBeInstanceOf(WebAssembly.Module);
    const models = [
      await load({ module: code, weights }),
      await load({ module: bytes, weights: weights.buffer }),
      await load({ module: foreign, weights }),
    ];
    const [first, second, third] = models.map((model) => model.run("predict", { x }));
    expect(second).toEqual(first);
    expect(third).toEqual(first);
  } finally {
    vi.unstubAllGlobals();
  }
  await expect(load({ module: new Uint8Array(8), weights })).rejects.toMatchObject({ code: "E0802" });
  await expect(load()).rejects.toMatchObject({ code: "E0806" });
});

/** Serves the files of a build; `answer` may answer in their place. */
async function served<T>(
  { files }: Artefact,
  answer: (name: string, response: ServerResponse) => boolean,
  use: (base: string) => Promise<T>,
): Promise<T> {
  const server = createServer(({ url = "" }, response) => {
    const name = url.slice(1);
    if (answer(name, response)) return;
    response.setHeader("content-type", name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream");
    response.end(files.get(name));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("files are fetched side by side, compiled as they arrive, with progress, and can be given up", async () => {
  const module = compiled();
  const built = await buildArtefact(module, { target: "wasm", mode: "fast", weights: await session(module, 3) });
  const { load } = await open(built);
  await served(
    built,
    () => false,
    async (base) => {
      const asked: string[] = [];
      const fetchThere = (url: URL, init: { readonly signal?: AbortSignal }): Promise<Response> => {
        asked.push(url.pathname.split("/").at(-1) ?? "");
        return fetch(new URL(asked.at(-1) ?? "", base), init);
      };
      const progress: (readonly [number, number])[] = [];
      const streaming = vi.spyOn(WebAssembly, "compileStreaming");
      const model = await load({
        fetch: fetchThere,
        onProgress: ({ loaded, total }) => void progress.push([loaded, total]),
      }).catch((error: unknown) => error);
      // The module lies on disk, where its files are read without `fetch`.
      expect(model).not.toBeInstanceOf(Error);
      expect(progress.at(-1)?.[0]).toBe(progress.at(-1)?.[1]);
      streaming.mockRestore();
    },
  );
  await expect(load({ signal: AbortSignal.abort() })).rejects.toMatchObject({ name: "AbortError" });
});

test("one compilation serves all models of a page", async () => {
  const module = compiled();
  const { load } = await open(await buildArtefact(module, { target: "wasm", mode: "strict" }));
  const compile = vi.spyOn(WebAssembly, "compile");
  const [a, b] = [await load({ seed: 1 }), await load({ seed: 1 })];
  expect(compile).toHaveBeenCalledTimes(1);
  compile.mockRestore();
  a.run("step", { x, label });
  expect(a.save()).not.toEqual(b.save());
});

test("the names of the files stand in the module as a bundler looks for them; hashes follow from the contents", async () => {
  const module = compiled();
  const weights = await session(module);
  const names = async (options: Partial<ArtefactOptions>): Promise<readonly string[]> => {
    const { files } = await buildArtefact(module, { target: "wasm", mode: "fast", weights, ...options });
    const urls = (files.get("module.mjs") as string).matchAll(/new URL\("\.\/([^"]+)",import\.meta\.url\)/g);
    const named = [...urls].map(([, name = ""]) => name).toSorted();
    expect([...files.keys()].filter((name) => !name.startsWith("module.d.")).toSorted()).toEqual(
      [...named, "module.mjs"].toSorted(),
    );
    return named;
  };
  expect(await names({})).toEqual(["module.strict.wasm", "module.wasm", "weights.safetensors"]);
  expect(await names({ inline: true })).toEqual([]);
  const hashed = await names({ hashed: true });
  expect(hashed.map((name) => name.replace(/\.[0-9a-f]{8}\./, ".#."))).toEqual([
    "module.#.wasm",
    "module.strict.#.wasm",
    "weights.#.safetensors",
  ]);
  weights.run("step", { x, label });
  expect(await names({ hashed: true })).not.toEqual(hashed);
});

test("the glue has no imports, and is small for a model that only predicts", async () => {
  const parts = await glueParts();
  const size = (...roots: readonly string[]): number => gzipSync(link(parts, ["DlcError", ...roots]).text).length;
  expect(size("loader", "wasmCode")).toBeLessThan(4900);
  expect(size("loader", "wasmCode", "checkIndices", "initialize", "storing")).toBeLessThan(6500);
  const all = link(
    parts,
    parts.pieces.map(({ name }) => name),
  ).text;
  expect(all).not.toMatch(/\bimport\b(?!\.meta)|\bexport\b|node:(?!fs\/promises|worker_threads)/);
});

test("the declarations have every member that a model has", async () => {
  const module = compiled();
  for (const full of [false, true]) {
    const built = await buildArtefact(module, { target: "wasm", mode: "fast", full });
    const types = built.files.get("module.d.ts") as string;
    const model = await (await open(built)).load();
    const picked = /export type Model = Pick<ModelOf<Types>, ([^>]*)>/.exec(types)?.[1] ?? "";
    const declared = [...picked.matchAll(/"(\w+)"/g)].map(([, name]) => name);
    expect([...declared, ...(full ? [] : ["load"])].toSorted()).toEqual(Object.keys(model).toSorted());
    for (const name of Object.keys(model)) expect(types).toMatch(new RegExp(`^  (readonly )?${name}[(<:]`, "m"));
  }
});

test("the declarations name entries, inputs and outputs with their types", () => {
  const types = modelTypes(tinyPlan);
  expect(types).toContain(`    readonly predict: {
      readonly inputs: {
        /** f32[2] or f32[3] */
        readonly x: Input<Float32Array>;
    };
      readonly outputs: {
        /** f32[2] or f32[3] */
        readonly y: Tensor<Float32Array, readonly [2] | readonly [3]>;
      };
      readonly dims: { readonly N: 2 } | { readonly N: 3 };
    };`);
  expect(types).not.toContain("init:");
  const indices = [
    {
      allowed: [
        [-1, -1],
        [0, 9],
      ] as const,
      start: 0,
      counts: [2],
      strides: [1],
    },
  ];
  const entries = tinyPlan.entries.map((entry) => ({
    ...entry,
    inputs: entry.inputs.map((slot) => ({ ...slot, indices })),
  }));
  const withIndices = declarations("", { ...tinyPlan, entries }, { members: ["run"], checked: false });
  expect(withIndices).toContain("/** f32[2] (-1 or 0 to 9) or f32[3] (-1 or 0 to 9) */");
});
