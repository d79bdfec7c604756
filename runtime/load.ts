import { asyncDoor, bytesOf, checkOptions } from "./door.ts";
import { DlcError, raise, reject } from "./error.ts";
import { hashOf } from "./hash.ts";
import { hasRelaxedSimd } from "./instantiate.ts";
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
    const manifest = JSON.parse(new TextDecoder().decode(file)) as Manifest;
    return hashOf(file) === hash ? manifest : mixed("manifest.json");
  };

/**
 * A function that loads the built model in the folder of `base`: by fetch, or from disk for file URLs in Node. It
 * throws E0806 for a file that cannot be read or is invalid, E0802 for a file of another build.
 */
export const loader = (base: string, readManifest: ReadManifest): ((options?: LoadOptions) => Promise<Session>) =>
  asyncDoor(async (given: LoadOptions = {}): Promise<Session> => {
    const options = checkOptions(given, "load", { ...sessionOptions, weights: ["bytes or null", () => true] });
    const { seed, weights: chosen = seed === undefined ? undefined : null, ...others } = options;
    const manifest = await read(base, "manifest.json", readManifest);
    const file = chosen === undefined || chosen === null ? chosen : bytesOf(chosen, "load");
    const [code, weights] = await Promise.all([
      loadCode(base, manifest, options),
      file === undefined ? read(base, manifest.weights, sameBytes) : file,
    ]);
    // Weights of another training may replace the file; they name no build.
    const named = file === undefined && weights !== null ? readSafetensors(weights).metadata.get("build") : undefined;
    if (named !== undefined) checkBuild(manifest.weights, named, manifest);
    const session = await createSession(manifest.plan, code, { ...others, ...(seed !== undefined && { seed }) });
    if (weights !== null) session.load(weights, named !== undefined ? { need: "all" } : {});
    return session;
  });

/** The files of two builds never work together, although they may seem to: addresses differ, and kernels. */
function checkBuild(file: string, build: string | undefined, manifest: Manifest): void {
  if (build === undefined) damaged(file, "it is cut off, or not from a build");
  if (build !== manifest.build) mixed(`manifest.json and ${file}`);
}

const damaged = (file: string, says: string): never => reject("E0806", `cannot load ${file}: ${says}`);

const mixed = (files: string): never =>
  reject(
    "E0802",
    `the model was loaded with files of different builds: module.mjs, ${files}`,
    "serve all files of one build; a cache may hold those of another",
  );

async function loadCode(base: string, manifest: Manifest, { mode = "fast" }: LoadOptions): Promise<Code> {
  const { code } = manifest;
  if (code.kind === "js") {
    const { href } = new URL(code.module, base);
    const module = (await import(href).catch((error: unknown) =>
      damaged(href, String(error)),
    )) as Partial<KernelModule>;
    checkBuild(code.module, module.build, manifest);
    return { kind: "js", instantiate: module.instantiate as KernelModule["instantiate"] };
  }
  const file = mode === "fast" && code.relaxed !== null && hasRelaxedSimd() ? code.relaxed : code.strict;
  const bytes = await read(base, file, sameBytes);
  // In a custom section at the end.
  const section = new TextDecoder().decode(bytes.subarray(-21));
  checkBuild(file, /^build(\w+)/.exec(section)?.[1], manifest);
  return { kind: "wasm", bytes };
}

interface KernelModule {
  readonly build: string;
  readonly instantiate: Extract<Code, { kind: "js" }>["instantiate"];
}

interface NodeFiles {
  readFile(url: URL): Promise<Uint8Array<ArrayBuffer>>;
}

const sameBytes = (bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => bytes;

async function read<T>(base: string, name: string, parse: (bytes: Uint8Array<ArrayBuffer>) => T): Promise<T> {
  const url = new URL(name, base);
  // Node's fetch does not support file URLs.
  const host = globalThis as { readonly process?: { getBuiltinModule?(name: string): NodeFiles | undefined } };
  const files = url.protocol === "file:" ? host.process?.getBuiltinModule?.("node:fs/promises") : undefined;
  try {
    const bytes = files === undefined ? await download(url) : await files.readFile(url);
    // Whatever its content type: a server or a build script has put a page in place of the file.
    if (/^\s*<[!a-z][a-z-]{2}/i.test(new TextDecoder().decode(bytes.subarray(0, 99))))
      return damaged(url.href, "it is an HTML page; the file is not there");
    return parse(bytes);
  } catch (error) {
    return error instanceof DlcError ? raise(error) : damaged(url.href, (error as Error).message);
  }
}

async function download(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  return response.ok
    ? new Uint8Array(await response.arrayBuffer())
    : damaged(url.href, `the server returned status ${response.status}`);
}
