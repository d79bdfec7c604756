import { DlcError, raise, reject } from "./error.ts";
import type { LoadOptions } from "./model.ts";

/** A file of a build: its length, and where it is, or its contents. */
export type BuiltFile = readonly [bytes: number, at: () => URL | Uint8Array<ArrayBuffer>];

/** Bytes, or a response whose body is still on its way. */
export type Opened = Uint8Array<ArrayBuffer> | Response;

/** What `load` reads its files with. Throws E0806 for a file that is not there, or whose rest is lost on the way. */
export type Open = <T>(file: BuiltFile, read: (opened: Opened, place: string) => Promise<T>) => Promise<T>;

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
      return bytes;
    }
    const response = await fetch(url, signal ? { signal } : {});
    if (!response.ok) damaged(url.href, `the server sent status ${response.status}`);
    if (!onProgress || !response.body) return response;
    const counter = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(part, stream) {
        arrived(part.length);
        stream.enqueue(part);
      },
    });
    return new Response(response.body.pipeThrough(counter), response);
  }

  return async ([, at], read) => {
    const place = at();
    if (ArrayBuffer.isView(place)) return read(place, "");
    let opened: Opened | undefined;
    try {
      return await read((opened = await open(place)), place.href);
    } catch (error) {
      signal?.throwIfAborted();
      // A body that ends too early is a `TypeError` in every host; one that was read and is wrong is none.
      return (opened ? (error as Error).name !== "TypeError" : error instanceof DlcError)
        ? raise(error)
        : damaged(
            place.href,
            (error as Error).message,
            place.protocol === "file:" && "document" in globalThis
              ? "a page without a server needs `dlc build --page --inline`"
              : undefined,
          );
    }
  };
}

/** A buffer, or a view of one, as bytes; what was transferred away has none. */
export const asBytes = (data: Uint8Array | ArrayBufferLike): Uint8Array<ArrayBuffer> =>
  (data.byteLength === 0
    ? new Uint8Array()
    : ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data)) as Uint8Array<ArrayBuffer>;

/**
 * The whole contents. Whatever its content type, a server or a build script may have put a page in place of the file.
 * The files of a build have a zero there; their first byte may be `<`, as the length of a header.
 */
export async function bytesIn(opened: Opened, place: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = ArrayBuffer.isView(opened) ? opened : new Uint8Array(await opened.arrayBuffer());
  return bytes[7] && bytes.find((byte) => byte > 0x20) === 0x3c
    ? damaged(place, "it is an HTML page; the file is not there")
    : bytes;
}
