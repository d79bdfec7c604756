import { existsSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { readIdx } from "../../compiler/formats/idx.ts";
import type { Tensor } from "../../runtime/model.ts";
import { reject } from "../host/reject.ts";
import { readBytes } from "../host/files.ts";
import { imagesAndLabels, type Dataset, type Split } from "./dataset.ts";

/**
 * Limit on the unpacked size of a .gz file: more than any file of the MNIST family needs, and at most 4 times its
 * packed size plus 16 MiB, so that a small file cannot fill the memory.
 */
const maxUnpacked = (packed: number): number => Math.min(256 * 2 ** 20, 4 * packed + 16 * 2 ** 20);

/** The four files of MNIST, Fashion-MNIST or KMNIST in a folder, compressed (`.gz`) or not. */
export function idxFolder(folder: string): Dataset {
  return { name: `mnist:${folder}`, train: split(folder, "train"), test: split(folder, "t10k") };
}

function split(folder: string, name: "train" | "t10k"): Split {
  const images = read(folder, `${name}-images-idx3-ubyte`);
  const labels = read(folder, `${name}-labels-idx1-ubyte`);
  const [count = 0, height = 0, width = 0] = images.shape;
  if (!(images.data instanceof Uint8Array) || images.shape.length !== 3)
    return reject("E1011", `${folder}: the ${name} images must be u8 of shape [count, height, width]`);
  if (!(labels.data instanceof Uint8Array) || labels.shape.length !== 1 || labels.data.length !== count) {
    return reject("E1011", `${folder}: the ${name} labels must be u8 of shape [${count}], one for each image`);
  }
  if (images.data.length === 0)
    return reject("E1011", `${folder}: the ${name} images are empty: ${count} of ${height} x ${width} pixels`);
  return imagesAndLabels([height, width, 1], images.data, labels.data);
}

function read(folder: string, name: string): Tensor {
  const plain = join(folder, name);
  if (existsSync(plain)) return readIdx(readBytes(plain), plain);
  const packed = `${plain}.gz`;
  if (!existsSync(packed)) return reject("E1011", `${folder} contains neither ${name} nor ${name}.gz`);
  return readIdx(unpack(packed), packed);
}

function unpack(path: string): Uint8Array {
  const bytes = readBytes(path);
  try {
    return gunzipSync(bytes, { maxOutputLength: maxUnpacked(bytes.length) });
  } catch (error) {
    const large = error instanceof RangeError;
    return reject(
      "E1011",
      `cannot decompress ${path}: ${large ? "its content is too large" : "not a valid gzip file"}`,
      large ? "decompress it with gunzip" : undefined,
    );
  }
}
