import { readManifest } from "./check-manifest.ts";
import { DlcError, reject } from "./error.ts";
import { hasRelaxedSimd } from "./instantiate.ts";
import type { Code, Manifest } from "./plan.ts";
import { createSession, type Session, type SessionOptions } from "./session.ts";

export interface LoadOptions extends SessionOptions {
  /** Weights to use instead of those in the build (safetensors); null starts from the seed. */
  readonly weights?: Uint8Array | null;
}

/**
 * Loads a built model from the folder of `base`: by fetch, or from disk for file URLs in Node. Throws E0806 for a file that cannot be read or is invalid, E0802
 * for a file of another build.
 */
export async function loadBuilt(base: string, options: LoadOptions = {}): Promise<Session> {
  const manifest = readManifest(await read(base, "manifest.json"));
  const [code, weights] = await Promise.all([
    loadCode(base, manifest, options),
    options.weights === undefined && options.seed === undefined ? read(base, manifest.weights) : (options.weights ?? null),
  ]);
  const session = await createSession(manifest.plan, code, options).catch(foreign);
  if (weights !== null) session.load(weights);
  return session;
}

/** What the host says of code that it does not take. */
const foreign = (error: unknown): never => {
  if (error instanceof DlcError) throw error;
  return reject("E0802", `the module does not load: ${String(error)}`, "the module and its manifest are not of one build, or one is damaged");
};

async function loadCode(base: string, { code }: Manifest, { mode = "fast" }: LoadOptions): Promise<Code> {
  if (code.kind === "js") {
    const { instantiate } = (await import(new URL(code.module, base).href).catch(foreign)) as Partial<Instantiates>;
    return typeof instantiate === "function" ? { kind: "js", instantiate } : foreign(`${code.module} has no instantiate`);
  }
  return { kind: "wasm", bytes: await read(base, mode === "fast" && code.relaxed !== null && hasRelaxedSimd() ? code.relaxed : code.strict) };
}

interface Instantiates {
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
    return reject("E0806", `cannot load ${url.href}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function download(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) reject("E0806", `the server returned status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
