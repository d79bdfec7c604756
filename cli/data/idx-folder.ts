import { existsSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { readIdx } from "../../compiler/formats/idx.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { complain } from "../host/complain.ts";
import { readBytes } from "../host/files.ts";
import { imagesAndLabels, type Dataset, type Split } from "./dataset.ts";

/** What a packed file may unpack to: more than any of the MNIST family does, and no more than 4 times its size and 16 MiB, since a small file can say a large one. */
const maxUnpacked = (packed: number): number => Math.min(256 * 2 ** 20, 4 * packed + 16 * 2 ** 20);

/** The four files of MNIST, Fashion-MNIST or KMNIST in a folder, packed (`.gz`) or not. */
export function idxFolder(folder: string): Dataset {
  return { name: `mnist:${folder}`, train: split(folder, "train"), test: split(folder, "t10k") };
}

function split(folder: string, name: "train" | "t10k"): Split {
  const images = read(folder, `${name}-images-idx3-ubyte`);
  const labels = read(folder, `${name}-labels-idx1-ubyte`);
  const [count = 0, height = 0, width = 0] = images.shape;
  if (!(images.data instanceof Uint8Array) || images.shape.length !== 3)
    return complain("E1011", `${folder}: the ${name} images are not bytes of [count, height, width]`);
  if (!(labels.data instanceof Uint8Array) || labels.shape.length !== 1 || labels.data.length !== count) {
    return complain("E1011", `${folder}: the ${name} labels are not one byte for each of the ${count} images`);
  }
  if (images.data.length === 0) return complain("E1011", `${folder}: the ${name} images are ${count} of ${height} x ${width} pixels, which is nothing`);
  return imagesAndLabels([height, width, 1], images.data, labels.data);
}

function read(folder: string, name: string): Tensor {
  const plain = join(folder, name);
  if (existsSync(plain)) return readIdx(readBytes(plain), plain);
  const packed = `${plain}.gz`;
  if (!existsSync(packed)) return complain("E1011", `${folder} holds neither ${name} nor ${name}.gz`);
  return readIdx(unpack(packed), packed);
}

function unpack(path: string): Uint8Array {
  const bytes = readBytes(path);
  try {
    return gunzipSync(bytes, { maxOutputLength: maxUnpacked(bytes.length) });
  } catch (error) {
    const large = error instanceof RangeError;
    return complain(
      "E1011",
      `${path} does not unpack: ${large ? "it is much larger unpacked" : "it is damaged, or no gzip file"}`,
      large ? "unpack it with gunzip" : undefined,
    );
  }
}
