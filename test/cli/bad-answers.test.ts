// What servers, proxies and caches answer in place of the files of a build.
import { compileModule } from "dlc/compiler";
import { expect, test } from "vitest";
import { buildArtefact } from "../../cli/build/artefact.ts";
import { createResolver } from "../../cli/host/resolver.ts";
import { createSession, type AnyModel, type LoadOptions, type ModelOf } from "../../runtime/index.ts";

type Load = (options?: LoadOptions) => Promise<ModelOf<AnyModel>>;
type Answer = (bytes: Uint8Array<ArrayBuffer>, file: string) => Response;

const text =
  "dl 1\n\nmodel M(x: f32[2, 3]) -> f32[2, 3] = x |> dense(4) |> relu |> dense(3)\n\nentry p(x: f32[2, 3]) {\n  { y: M(x) }\n}\n";

async function build(source: string): Promise<ReadonlyMap<string, string | Uint8Array>> {
  const module = compileModule({ name: "m.dl", text: source }, { resolve: createResolver(null) });
  const weights = await createSession(module.plan, await module.code());
  return (await buildArtefact(module, { target: "wasm", mode: "strict", weights })).files;
}

const [files, others] = await Promise.all([build(text), build(text.replace("relu", "tanh"))]);

let copies = 0;
/** The function `load` of a module that thinks it comes from a server. */
async function served(): Promise<Load> {
  const code = String(files.get("module.mjs")).replaceAll("import.meta.url", '"https://host.test/a/module.mjs"');
  const url = `data:text/javascript,${encodeURIComponent(`${code}//${copies++}`)}`;
  return ((await import(url)) as { readonly load: Load }).load;
}

const typeOf = (file: string): string => (file.endsWith(".wasm") ? "application/wasm" : "application/octet-stream");
const right: Answer = (bytes, file) => new Response(bytes, { headers: { "content-type": typeOf(file) } });

/** A server that gives one file in its own way. */
const fetching =
  (odd: string, answer: Answer): typeof globalThis.fetch =>
  (url) => {
    const file = (url as URL).pathname.split("/").at(-1) ?? "";
    return Promise.resolve((file === odd ? answer : right)(Uint8Array.from(files.get(file) as Uint8Array), file));
  };

const cut: Answer = (bytes, file) =>
  new Response(
    new ReadableStream({
      start: (stream) => stream.enqueue(bytes.subarray(0, 40)),
      pull: (stream) => stream.error(new TypeError("terminated")),
    }),
    { headers: { "content-type": typeOf(file) } },
  );
const page: Answer = () => new Response("\n<!doctype html>", { headers: { "content-type": "text/html" } });
const partial: Answer = (bytes, file) => right(bytes.subarray(0, -4), file);

test.each([
  ["module.wasm", "lost midway", cut, "E0806", "cannot load https://host.test/a/module.wasm: terminated"],
  ["weights.safetensors", "lost midway", cut, "E0806", "https://host.test/a/weights.safetensors: terminated"],
  ["module.wasm", "a page", page, "E0806", "https://host.test/a/module.wasm: it is an HTML page"],
  ["weights.safetensors", "a page", page, "E0806", "https://host.test/a/weights.safetensors: it is an HTML page"],
  ["module.wasm", "a part", partial, "E0802", "CompileError"],
  ["weights.safetensors", "a part", partial, "E0821", "is f32[4,3] in 44 bytes, not f32[4,3]"],
] as const)("%s: %s", async (file, _, answer, code, says) => {
  const load = await served();
  const fetch = fetching(file, answer);
  for (const options of [{ fetch }, { fetch, onProgress: () => undefined }])
    await expect(load(options)).rejects.toMatchObject({ code, says: expect.stringContaining(says) as unknown });
  await expect(load({ fetch: fetching("", right) })).resolves.toBeDefined();
});

test("a file of another build is asked for again by the next load", async () => {
  const load = await served();
  const stale: Answer = (_, file) => right(Uint8Array.from(others.get(file) as Uint8Array), file);
  await expect(load({ fetch: fetching("module.wasm", stale) })).rejects.toMatchObject({ code: "E0802" });
  await expect(load({ fetch: fetching("", right) })).resolves.toBeDefined();
});

test("`<` may be the first byte of weights of another tool", async () => {
  const load = await served();
  const weights = files.get("weights.safetensors") as Uint8Array;
  const end = 8 + new DataView(weights.buffer, weights.byteOffset).getUint32(0, true);
  const size = Math.ceil(end / 256) * 256 + 0x3c;
  const padded = new Uint8Array(8 + size + weights.length - end).fill(0x20);
  padded.set(weights.subarray(0, end));
  padded.set(weights.subarray(end), 8 + size);
  new DataView(padded.buffer).setBigUint64(0, BigInt(size), true);
  const other: Answer = (_, file) => right(padded, file);
  await expect(load({ fetch: fetching("weights.safetensors", other) })).resolves.toBeDefined();
});

test.each([null, false, "", 0])("a build with weights has no values for `weights: %j`", async (weights) => {
  const load = await served();
  await expect(load({ weights: weights as null })).rejects.toMatchObject({ code: "E0809" });
});
