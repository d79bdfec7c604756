import { jsArena, wasmArena } from "./arena.ts";
import { reject } from "./error.ts";
import { asBytes, bytesIn, type BuiltFile, type Open, type Opened } from "./files.ts";
import { hasRelaxedSimd, started, wrapHostError, type Started } from "./instantiate.ts";
import type { LoadOptions } from "./model.ts";
import type { Code } from "./session-plan.ts";

/** The code of a build. */
export interface CodeSource {
  /** The number of bytes that `get` opens. */
  bytesToGet(options: LoadOptions): number;
  /**
   * What starts the code in a new arena of a size in bytes. Throws E0802 for code of another build, or that does not
   * compile.
   */
  get(options: LoadOptions, open: Open, build: string): Promise<(arenaBytes: number) => Promise<Started>>;
}

/** WebAssembly for all hosts, and for those with relaxed SIMD if the build has such a module. */
export function wasmCode(strict: BuiltFile, relaxed?: BuiltFile): CodeSource {
  // One compilation serves all models of a page.
  const modules = new Map<BuiltFile, WebAssembly.Module>();
  const chosen = ({ mode = "fast" }: LoadOptions): BuiltFile =>
    mode === "fast" && relaxed !== undefined && hasRelaxedSimd() ? relaxed : strict;
  return {
    bytesToGet: (options) => (options.module || modules.has(chosen(options)) ? 0 : chosen(options)[0]),
    async get(options, open, build) {
      try {
        const { module: own } = options;
        const file = chosen(options);
        const module =
          own === undefined
            ? (modules.get(file) ?? (await open(file, compiled)))
            : "byteLength" in own
              ? await WebAssembly.compile(asBytes(own))
              : own;
        const [section = []] = WebAssembly.Module.customSections(module, "build");
        if (String.fromCharCode(...new Uint8Array(section)) !== build) mixed("the code");
        if (!own) modules.set(file, module);
        return (bytes) => started(module, wasmArena(bytes));
      } catch (error) {
        options.signal?.throwIfAborted();
        return wrapHostError(error);
      }
    },
  };
}

const compiled = async (opened: Opened, place: string): Promise<WebAssembly.Module> =>
  !ArrayBuffer.isView(opened) && opened.headers.get("content-type") === "application/wasm"
    ? WebAssembly.compileStreaming(opened)
    : WebAssembly.compile(await bytesIn(opened, place));

/** JavaScript, which is a part of the build's own module, with its constants by their offsets in the arena. */
export const jsCode = (
  instantiate: Extract<Code, { kind: "js" }>["instantiate"],
  constants: readonly (readonly [offset: number, bytes: Uint8Array])[],
): CodeSource => ({
  bytesToGet: () => 0,
  get: async () => async (bytes) => {
    const arena = jsArena(bytes);
    for (const [offset, data] of constants) new Uint8Array(arena.buffer).set(data, offset);
    return { exports: instantiate(arena), buffer: arena.buffer };
  },
});

export const mixed = (file: string): never =>
  reject("E0802", `module.mjs and ${file} are of different builds`, "a cache may hold a file of an earlier build");
