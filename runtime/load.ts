import { asyncDoor, bytesOf, checkOptions } from "./door.ts";
import { reject, type DlcError } from "./error.ts";
import { hashOf } from "./hash.ts";
import { hasRelaxedSimd, wrapHostError } from "./instantiate.ts";
import type { Code, Manifest } from "./plan.ts";
import { readSafetensors } from "./safetensors.ts";
import { createSession, sessionOptions, type Session, type SessionOptions } from "./session.ts";

export interface LoadOptions extends SessionOptions {
  /** Weights to use instead of those in the build (safetensors); null starts from the seed. */
  readonly weights?: Uint8Array | ArrayBufferLike | null;
}

type ReadManifest = (file: Uint8Array) => Manifest;

/**
 * The manifest of a build that knows the hash of its contents. It is that of this build or it is rejected, so that
 * nothing in it has to be checked.
 */
export const sealedManifest =
  (hash: number): ReadManifest =>
  (file) => {
    if (hashOf(file) !== hash) mixed("manifest.json");
    return JSON.parse(new TextDecoder().decode(file)) as Manifest;
  };

/**
 * A function that loads the built model in the folder of `base`: by fetch, or from disk for file URLs in Node. It
 * throws E0806 for a file that cannot be read or is invalid, E0802 for a file of another build.
 */
export const loader = (base: string, readManifest: ReadManifest): ((options?: LoadOptions) => Promise<Session>) =>
  asyncDoor(async (options: LoadOptions = {}): Promise<Session> => {
    checkOptions(options, "load", { ...sessionOptions, weights: ["bytes or null", () => true] });
    const { seed, weights: chosen = seed === undefined ? undefined : null, ...others } = options;
    const manifest = readManifest(await read(base, "manifest.json"));
    const given = chosen === undefined || chosen === null ? chosen : bytesOf(chosen, "load");
    const [code, weights] = await Promise.all([
      loadCode(base, manifest, options),
      given === undefined ? read(base, manifest.weights) : given,
    ]);
    // Weights of another training may replace the file; they name no build.
    if (given === undefined && weights !== null)
      checkBuild(manifest.weights, readSafetensors(weights).metadata.get("build") ?? manifest.build, manifest);
    const session = await createSession(manifest.plan, code, { ...others, ...(seed !== undefined && { seed }) });
    if (weights !== null) session.load(weights);
    return session;
  });

/** The files of two builds never work together, although they may seem to: addresses differ, and kernels. */
function checkBuild(file: string, build: string | undefined, manifest: Manifest): void {
  if (build !== manifest.build) mixed(`manifest.json and ${file}`);
}

const mixed = (files: string): never =>
  reject(
    "E0802",
    `the model was loaded with files of different builds: module.mjs, ${files}`,
    "serve all files of one build; a cache may hold those of another",
  );

async function loadCode(base: string, manifest: Manifest, { mode = "fast" }: LoadOptions): Promise<Code> {
  const { code, build } = manifest;
  if (code.kind === "js") {
    const module = (await import(new URL(code.module, base).href).catch(wrapHostError)) as Partial<KernelModule>;
    checkBuild(code.module, module.build, manifest);
    return { kind: "js", instantiate: module.instantiate as KernelModule["instantiate"] };
  }
  const file = mode === "fast" && code.relaxed !== null && hasRelaxedSimd() ? code.relaxed : code.strict;
  const bytes = await read(base, file);
  // In a custom section at the end.
  checkBuild(
    file,
    new TextDecoder("latin1").decode(bytes.subarray(-256)).includes(build) ? build : undefined,
    manifest,
  );
  return { kind: "wasm", bytes };
}

interface KernelModule {
  readonly build: string;
  readonly instantiate: Extract<Code, { kind: "js" }>["instantiate"];
}

interface NodeFiles {
  readFile(url: URL): Promise<Uint8Array<ArrayBuffer>>;
}

async function read(base: string, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const url = new URL(name, base);
  // Node's fetch does not support file URLs.
  const host = globalThis as { readonly process?: { getBuiltinModule?(name: string): NodeFiles | undefined } };
  const files = url.protocol === "file:" ? host.process?.getBuiltinModule?.("node:fs/promises") : undefined;
  try {
    return files === undefined ? await download(url) : await files.readFile(url);
  } catch (error) {
    const { says, message = error } = error as Partial<DlcError>;
    return reject("E0806", `cannot load ${url.href}: ${says ?? message}`);
  }
}

async function download(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) reject("E0806", `the server returned status ${response.status}`);
  if (response.headers.get("content-type")?.startsWith("text/html") === true)
    reject("E0806", "the server returned an HTML page; the file is not there");
  return new Uint8Array(await response.arrayBuffer());
}
