import { existsSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { readIdx } from "../../compiler/formats/idx.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { complain } from "../host/complain.ts";
import { readBytes } from "../host/files.ts";
import { imagesAndLabels, type Dataset, type Split } from "./dataset.ts";

/** No file of the MNIST family unpacks to more. */
const maxUnpacked = 256 * 2 ** 20;

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
    return gunzipSync(bytes, { maxOutputLength: maxUnpacked });
  } catch {
    return complain("E1011", `${path} does not unpack: it is damaged, or no gzip file`);
  }
}
