import { DlcError, raise, reject } from "./error.ts";
import type { LoadOptions } from "./model.ts";

/** A file of a build: its length, and where it is, or its contents. */
export type BuiltFile = readonly [bytes: number, at: () => URL | Uint8Array<ArrayBuffer>];

/** Bytes, or a response whose body is still on its way. */
export type Opened = Uint8Array<ArrayBuffer> | Response;

/** What `load` gets its files with. Throws E0806 for a file that is not there. */
export type Open = (file: BuiltFile) => Promise<Opened>;

export const damaged = (file: string, says: string, help?: string): never =>
  reject("E0806", `cannot load ${file}: ${says}`, help);

interface NodeFiles {
  readFile(url: URL, options: { readonly signal?: AbortSignal | undefined }): Promise<Uint8Array<ArrayBuffer>>;
}

/** `total` bytes are expected in all files. */
export function opener({ onProgress, signal, fetch = globalThis.fetch }: LoadOptions, total: number): Open {
  let loaded = 0;
  const arrived = (bytes: number): void => onProgress?.({ loaded: (loaded += bytes), total });

  async function open(url: URL): Promise<Opened> {
    // Node's fetch does not support file URLs.
    const host = globalThis as { readonly process?: { getBuiltinModule?(name: string): NodeFiles | undefined } };
    const files = url.protocol === "file:" ? host.process?.getBuiltinModule?.("node:fs/promises") : undefined;
    if (files !== undefined) {
      const bytes = await files.readFile(url, { signal });
      arrived(bytes.length);
      return notHtml(bytes, url);
    }
    const response = await fetch(url, signal ? { signal } : {});
    if (!response.ok) damaged(url.href, `the server returned status ${response.status}`);
    if (onProgress === undefined || response.body === null) return response;
    const counter = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(part, stream) {
        arrived(part.length);
        stream.enqueue(part);
      },
    });
    return new Response(response.body.pipeThrough(counter), response);
  }

  return async ([, at]) => {
    const place = at();
    if (ArrayBuffer.isView(place)) return place;
    try {
      return await open(place);
    } catch (error) {
      signal?.throwIfAborted();
      return error instanceof DlcError
        ? raise(error)
        : damaged(
            place.href,
            (error as Error).message,
            place.protocol === "file:" ? "pages without a server need a build with --inline" : undefined,
          );
    }
  };
}

/** Whatever its content type: a server or a build script has put a page in place of the file. */
export function notHtml<T extends ArrayLike<number>>(bytes: T, url: URL | string): T {
  return bytes[0] === 0x3c ? damaged(String(url), "it is an HTML page; the file is not there") : bytes;
}

/** A buffer, or a view of one, as bytes; what was transferred away has none. */
export const asBytes = (data: Uint8Array | ArrayBufferLike): Uint8Array<ArrayBuffer> =>
  (data.byteLength === 0
    ? new Uint8Array()
    : ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data)) as Uint8Array<ArrayBuffer>;

/** The whole contents. */
export const bytesIn = async (opened: Opened): Promise<Uint8Array<ArrayBuffer>> =>
  ArrayBuffer.isView(opened) ? opened : notHtml(new Uint8Array(await opened.arrayBuffer()), opened.url);
