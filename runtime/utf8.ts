/*
 * UTF-8 by what every engine has: `decodeURIComponent` is strict about it, and audio worklets have no `TextDecoder`.
 */

const percent = 0x25;

/** Throws a `URIError` for bytes that are no UTF-8. */
export function textOf(bytes: Uint8Array): string {
  let escaped = "";
  for (const byte of bytes)
    escaped += byte < 128 && byte !== percent ? String.fromCharCode(byte) : `%${(byte + 256).toString(16).slice(1)}`;
  return decodeURIComponent(escaped);
}

export const bytesOfText = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(
    encodeURIComponent(text.toWellFormed()).replaceAll(/%(..)/g, (_, hex: string) =>
      String.fromCharCode(parseInt(hex, 16)),
    ),
    (character) => character.charCodeAt(0),
  );
