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
 * Loads a built model from the folder of `base`: by fetch, or from disk for file URLs in Node. Throws E0806 for a file
 * that cannot be read or is invalid, E0802 for a file of another build.
 */
export async function loadBuilt(base: string, options: LoadOptions = {}): Promise<Session> {
  const manifest = readManifest(await read(base, "manifest.json"));
  const [code, weights] = await Promise.all([
    loadCode(base, manifest, options),
    options.weights === undefined && options.seed === undefined
      ? read(base, manifest.weights)
      : (options.weights ?? null),
  ]);
  const session = await createSession(manifest.plan, code, options).catch(foreign);
  if (weights !== null) session.load(weights);
  return session;
}

/** Wraps an error of the host that compiles or instantiates the code. */
const foreign = (error: unknown): never => {
  if (error instanceof DlcError) throw error;
  const forbidden = /Content Security Policy|unsafe-eval/i.test(String(error));
  const help = forbidden
    ? "allow 'wasm-unsafe-eval' in the content security policy, or build with --target js"
    : "the module and its manifest are from different builds";
  return reject("E0802", `cannot load the module: ${String(error)}`, help);
};

async function loadCode(base: string, { code }: Manifest, { mode = "fast" }: LoadOptions): Promise<Code> {
  if (code.kind === "js") {
    const { instantiate } = (await import(new URL(code.module, base).href).catch(foreign)) as Partial<Instantiates>;
    return typeof instantiate === "function"
      ? { kind: "js", instantiate }
      : foreign(`${code.module} has no instantiate`);
  }
  return {
    kind: "wasm",
    bytes: await read(base, mode === "fast" && code.relaxed !== null && hasRelaxedSimd() ? code.relaxed : code.strict),
  };
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
  if (response.headers.get("content-type")?.startsWith("text/html") === true)
    reject("E0806", "the server returned an HTML page");
  return new Uint8Array(await response.arrayBuffer());
}
