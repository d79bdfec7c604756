import type { Format } from "./readers.ts";
import { bytesOf, joined, u64 } from "./build.ts";

type Random = () => number;

const below = (random: Random, most: number): number => Math.floor(random() * most);
const pick = <T>(random: Random, items: readonly T[]): T | undefined => items[below(random, items.length)];

const edges = [
  0,
  1,
  2,
  3,
  4,
  7,
  8,
  15,
  16,
  64,
  127,
  128,
  255,
  256,
  32_767,
  65_535,
  65_536,
  2 ** 24,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
];
const numbers = [
  "0",
  "1",
  "-1",
  "2",
  "7",
  "64",
  "65",
  "1e3",
  "0.5",
  "-0",
  "1e400",
  "255",
  "256",
  "4294967295",
  "4294967296",
  "9007199254740991",
  "9007199254740993",
];
const largeNumbers = [
  "18446744073709551616",
  "99999999999999999999999",
  "NaN",
  "nan",
  "inf",
  "Infinity",
  "true",
  "null",
  '"1"',
  "[]",
  "[1]",
  "{}",
  "",
];

const token = /#[^\n]*|"(?:[^"\\\n]|\\.)*"|%?[A-Za-z_]\w*|\d[\w.]*|\s+|./gs;

/** Tokens for mutations, besides those of valid files. */
const strays = [
  ..."()[]{}<>=:,.-+*/%^@|&!\"'\\;#_\n\r\t\0",
  ...[
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "\ufeff",
    "é",
    "\ud83d\ude00",
    "[[[[",
    "))))",
    "\\u0000",
    '"',
    "..",
    "1,1,1,1,1,1",
    "    ",
  ],
  ...[
    "f32",
    "i32[2]",
    "U8",
    "F64",
    "dtype",
    "shape",
    "data_offsets",
    "__metadata__",
    "'<f4'",
    "'>f8'",
    "False",
    "True",
    "(1,)",
    "(,)",
  ],
  ...[
    "graph",
    "return",
    "write",
    "%x",
    "%0",
    "@group=0",
    "@-",
    "@scratch+0",
    "@weights",
    "param",
    "constant",
    "nan",
    "body(%x: f32[2]) {",
    "# a:1:1",
    "{axes=[0]}",
  ],
  ...[
    "kernel",
    "function",
    "for",
    "unroll",
    "if",
    "else",
    "let",
    "var",
    "pass",
    "splat",
    "in",
    "out",
    "inout",
    "step",
    "lane(",
    "f32x4",
    "exp(",
    ">>>",
    "0..4",
  ],
];

/**
 * A text with some tokens deleted, duplicated, moved or replaced; half of the time tokens are replaced by similar ones,
 * which keeps the structure.
 */
export function mutatedText(text: string, other: string, random: Random): string {
  const words = text.match(token) ?? [];
  const others = other.match(token) ?? [];
  for (let changes = 1 + below(random, 3); changes > 0; changes--) {
    const at = below(random, words.length);
    const length = random() < 0.7 ? 1 : below(random, 12);
    const word = words[at] ?? "";
    if (random() < 0.5) {
      const alike = /^\d/.test(word)
        ? [...numbers, ...largeNumbers]
        : (random() < 0.5 ? words : others).filter((w) => /^\W/.test(w) === /^\W/.test(word));
      words[at] = (random() < 0.1 ? pick(random, strays) : pick(random, alike)) ?? "";
      continue;
    }
    const piece = words.slice(at, at + length);
    const from = below(random, others.length);
    const change = below(random, 6);
    if (change === 0) words.splice(at, length);
    else if (change === 1) words.splice(at, 0, ...piece);
    else if (change === 2) words.splice(below(random, words.length), 0, ...words.splice(at, length));
    else if (change === 3) words.splice(at, length, pick(random, strays) ?? "");
    else if (change === 4) words.splice(at, length, ...others.slice(from, from + length));
    else words.length = at;
  }
  return words.join("");
}

function mutatedBytes(file: Uint8Array, random: Random): Uint8Array {
  const bytes = [...file];
  for (let changes = 1 + below(random, 3); changes > 0; changes--) {
    const at = below(random, bytes.length + 1);
    const length = random() < 0.6 ? 1 : below(random, 16);
    const change = below(random, 7);
    const edge = pick(random, edges) ?? 0;
    if (change === 0) bytes[at] = below(random, 256);
    else if (change === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << below(random, 8));
    else if (change === 2) bytes.splice(at, length);
    else if (change === 3) bytes.splice(at, 0, ...bytes.slice(at, at + length));
    else if (change === 4) bytes.splice(at, 4, edge & 255, (edge >>> 8) & 255, (edge >>> 16) & 255, edge >>> 24);
    else if (change === 5) bytes.splice(at, 4, edge >>> 24, (edge >>> 16) & 255, (edge >>> 8) & 255, edge & 255);
    else bytes.length = Math.min(bytes.length, at);
  }
  return Uint8Array.from(bytes, (byte) => byte ?? 0);
}

const text = (file: Uint8Array): string => new TextDecoder().decode(file);

/** Weights with a mutated header, whose length is mostly correct. */
function mutatedWeights(file: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const end = (bytes: Uint8Array): number =>
    8 + new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0, true);
  const header = bytesOf(mutatedText(text(file.subarray(8, end(file))), text(other.subarray(8, end(other))), random));
  const length = random() < 0.9 ? BigInt(header.length) : BigInt(pick(random, edges) ?? 0) << BigInt(below(random, 33));
  return joined(u64(length), header, file.subarray(end(file)));
}

/** An array with a mutated header, whose length is mostly correct. */
function mutatedArray(file: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const version = file[6] ?? 1;
  const start = version === 1 ? 10 : 12;
  const end = start + (file[8] ?? 0) + 256 * (file[9] ?? 0);
  const header = bytesOf(mutatedText(text(file.subarray(start, end)), text(other.subarray(10, 80)), random));
  const length = random() < 0.9 ? header.length : (pick(random, edges) ?? 0);
  const size = [length & 255, (length >>> 8) & 255, ...(version === 1 ? [] : [(length >>> 16) & 255, length >>> 24])];
  return joined(file.subarray(0, 8), size, header, file.subarray(end));
}

/** A mutated file of a format; pieces of `other`, another valid file, may be inserted. */
export function mutated(format: Format, file: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const anywhere = random() < 0.4 || format === "idx";
  if (format === "safetensors") return anywhere ? mutatedBytes(file, random) : mutatedWeights(file, other, random);
  if (format === "npy") return anywhere ? mutatedBytes(file, random) : mutatedArray(file, other, random);
  if (format === "idx") return mutatedBytes(file, random);
  return random() < 0.05 ? mutatedBytes(file, random) : bytesOf(mutatedText(text(file), text(other), random));
}
