import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { declarations } from "../../cli/build/declarations.ts";
import { builtFiles, runtimeText } from "../../cli/build/files.ts";
import { withShortNames } from "../../cli/build/short-names.ts";
import { never } from "../../compiler/support/invariant.ts";
import { createSession, type LoadOptions, type Session } from "../../runtime/index.ts";
import { tinyCode, tinyPlan } from "../runtime/tiny-plan.ts";

const folder = mkdtempSync(join(tmpdir(), "dlc-build-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The tiny model with only `init` and `predict`: y = x * w[0]. */
const plan = {
  ...tinyPlan,
  entries: tinyPlan.entries.filter((entry) => entry.name === "init" || entry.name === "predict"),
  constants: [],
};
const kernels = `export function instantiate({ buffer }) {
  const f32 = new Float32Array(buffer), i32 = new Int32Array(buffer);
  const predict = (n) => () => { for (let i = 0; i < n; i++) f32[32 + i] = f32[28 + i] * f32[8]; };
  const init = () => { f32[8] = i32[0] + 1; };
  return { init, predict_2: predict(2), predict_3: predict(3), predict_2_prepare() {}, predict_3_prepare() {} };
}
`;

const built = createSession(tinyPlan, tinyCode(), { seed: 6 }).then((session) =>
  builtFiles({ plan, js: () => kernels, wasm: () => never("wasm" as never) }, session, "js", "fast"),
);

interface Built {
  readonly load: (options?: LoadOptions) => Promise<Session>;
}

test("a built folder loads, runs, and starts from its weights, from a seed, or from other weights", async () => {
  for (const [name, data] of await built) writeFileSync(join(folder, name), data);
  const { load } = (await import(pathToFileURL(join(folder, "module.mjs")).href)) as Built;
  const model = await load();
  expect(model.run("predict", { x: [1, 2] })["y"]?.data).toEqual(new Float32Array([7, 14]));
  const fresh = await load({ seed: 1 });
  expect(fresh.run("predict", { x: [1, 2, 3] })["y"]?.data).toEqual(new Float32Array([2, 4, 6]));
  expect((await load({ weights: fresh.save() })).save()).toEqual(fresh.save());
  await expect(load({ weights: new Uint8Array(3) })).rejects.toMatchObject({ name: "DlcError", code: "E0820" });
});

test("the glue code fetches over http, and reports what it cannot load", async () => {
  const files = await built;
  const server = createServer((request, response) => {
    const data = files.get(request.url?.slice(7) ?? "");
    if (data === undefined || request.url?.endsWith(".mjs")) response.writeHead(404).end();
    else response.end(data);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const { loadBuilt } = await import("../../runtime/load-checked.ts");
    await expect(loadBuilt(`http://127.0.0.1:${port}/nothing/`)).rejects.toThrow(
      /cannot load http:.*manifest.json: the server returned status 404/,
    );
    // Everything but the kernels is fetched; Node cannot import modules over http.
    await expect(loadBuilt(`http://127.0.0.1:${port}/model/module.mjs`)).rejects.toThrow(/http:/);
  } finally {
    server.close();
  }
});

test("a page in place of a file is named, whatever its content type; a wrong content type alone does no harm", async () => {
  const { loadBuilt } = await import("../../runtime/load-checked.ts");
  const files = await built;
  const serve = { type: "text/html; charset=utf-8", page: true };
  const server = createServer(({ url = "" }, response) => {
    response.setHeader("content-type", serve.type);
    const name = url.slice(url.lastIndexOf("/") + 1);
    const isPage = serve.page || name === "kernels.mjs";
    response.end(isPage ? "\n <!doctype html>\n<title>Not found</title>" : files.get(name));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    for (const type of ["text/html; charset=utf-8", "application/json", "application/octet-stream"]) {
      Object.assign(serve, { type, page: true });
      await expect(loadBuilt(`http://127.0.0.1:${port}/model/`)).rejects.toMatchObject({
        code: "E0806",
        says: expect.stringMatching(
          /cannot load http:.*manifest\.json: it is an HTML page; the file is not there$/,
        ) as unknown,
      });
      // The manifest is read; only the kernels, which Node cannot import over http, are not.
      serve.page = false;
      await expect(loadBuilt(`http://127.0.0.1:${port}/model/`)).rejects.toThrow(/cannot load http:.*kernels\.mjs/);
    }
  } finally {
    server.close();
  }
});

test("a host without WebAssembly is told apart from mixed builds", async () => {
  const { wrapHostError } = await import("../../runtime/instantiate.ts");
  for (const says of [
    "WebAssembly.instantiate(): Refused to compile or instantiate WebAssembly module because 'unsafe-eval' is not an allowed source of script",
    "call to WebAssembly.instantiate() blocked by CSP",
  ])
    expect(() => wrapHostError(new Error(says))).toThrow("allow 'wasm-unsafe-eval'");
  expect(() => wrapHostError(new Error("invalid opcode 0xfd"))).toThrow("no WebAssembly SIMD");
});

test("short names: a name that is a property anywhere, a global or a text stays", () => {
  const script = `const limit = 2;
const shape = (size, other) => ({ other, [size]: \`size \${size} of \${\`limit \${limit}\`}\` });
function half(number = limit) {return number / limit / 1;}
const digits = /size|'"/.test("size") ? undefined : half;
export const value = { get extent() {return digits?.(limit) ?? shape(half(8), 'number').shape;} };
`;
  expect(withShortNames(script, new Set())).toBe(`const a = 2;
const shape = (b, other) => ({ other, [b]: \`size \${b} of \${\`limit \${a}\`}\` });
function c(d = a) {return d / a / 1;}
const e = /size|'"/.test("size") ? undefined : c;
export const f = { get extent() {return e?.(a) ?? shape(c(8), 'number').shape;} };
`);
});

/*
 * 10 kB were enough until class labels and ids were checked, the messages of wrong calls named entry, input, position,
 * declaration and the name that was probably meant, `load` could select, rename and report tensors and tell a damaged
 * file from one of another build, and inputs were read once and only if their length is that of a variant. 10.9 kB were
 * enough until entries had types at run time, several settings could be set at once, parts of a model could be restored
 * and reset, and `save` and `load` told settings and the random state from weights.
 */
test("the glue code is plain JavaScript without imports, and under 12 kB compressed", () => {
  const text = runtimeText();
  expect(text).not.toMatch(/^import\b|^export\b|\binterface\b|\breadonly\b|node:(?!fs\/promises)/m);
  expect(gzipSync(text).length).toBeLessThan(12_000);
});

test("the declarations name entries, inputs and outputs with their types", () => {
  const text = declarations(tinyPlan);
  expect(text).toContain(`  predict: {
    inputs: {
      /** f32[2] or f32[3] */
      readonly x: Input<Float32Array>;
    };
    outputs: {
      /** f32[2] or f32[3] */
      readonly y: Tensor<Float32Array>;
    };
  };`);
  expect(text).not.toContain("init:");
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
  expect(declarations({ ...tinyPlan, entries })).toContain("/** f32[2] (-1 or 0 to 9) or f32[3] (-1 or 0 to 9) */");
});
