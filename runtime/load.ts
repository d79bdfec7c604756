import { fail } from "./error.ts";
import { hasRelaxedSimd } from "./instantiate.ts";
import type { Code, Plan } from "./plan.ts";
import { createSession, type Session, type SessionOptions } from "./session.ts";

/** `manifest.json` of a built model. File names are relative to it. */
export interface Manifest {
  readonly format: "dlc-model-1";
  readonly code: { readonly kind: "wasm"; readonly relaxed: string | null; readonly strict: string } | { readonly kind: "js"; readonly module: string };
  readonly weights: string;
  readonly plan: Plan;
}

export interface LoadOptions extends SessionOptions {
  /** Weights in place of the built ones (safetensors); null starts from the seed. */
  readonly weights?: Uint8Array | null;
}

/** Loads a built model from the folder of `base`, by fetch or, for files in Node, from disk. Throws E0806 for a file that cannot be read. */
export async function loadBuilt(base: string, options: LoadOptions = {}): Promise<Session> {
  const manifest = JSON.parse(new TextDecoder().decode(await read(base, "manifest.json"))) as Manifest;
  if (manifest.format !== "dlc-model-1")
    fail("E0802", `this module reads dlc-model-1, and the manifest is ${String(manifest.format)}`, "build the model again");
  const [code, weights] = await Promise.all([
    loadCode(base, manifest, options),
    options.weights === undefined && options.seed === undefined ? read(base, manifest.weights) : (options.weights ?? null),
  ]);
  const session = await createSession(manifest.plan, code, options);
  if (weights !== null) session.load(weights);
  return session;
}

async function loadCode(base: string, { code }: Manifest, { mode = "fast" }: LoadOptions): Promise<Code> {
  if (code.kind === "js") return { kind: "js", instantiate: ((await import(new URL(code.module, base).href)) as Instantiates).instantiate };
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
  // Node's fetch does not open files.
  const host = globalThis as { readonly process?: { getBuiltinModule?(name: string): NodeFiles | undefined } };
  const files = url.protocol === "file:" ? host.process?.getBuiltinModule?.("node:fs/promises") : undefined;
  try {
    return files === undefined ? await download(url) : await files.readFile(url);
  } catch (error) {
    return fail("E0806", `cannot load ${url.href}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function download(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) fail("E0806", `the server answers ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
