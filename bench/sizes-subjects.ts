import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { compileModule, type CompiledModule, type Resolver } from "../compiler/compile.ts";

/** Models whose WebAssembly has a largest size, in bytes. */
export interface SizeSubject {
  readonly name: string;
  readonly file: string;
  readonly dims: Readonly<Record<string, number>>;
  /** All by default. */
  readonly entries?: readonly string[];
  /** Of the module without `init`, in fast mode, compressed. */
  readonly most: number;
  /** Of `init` in the module, in fast mode, compressed. */
  readonly mostInit: number;
}

const predict = ["predict"];
const image = { N: 1, H: 224, W: 224 };

export const sizeSubjects: readonly SizeSubject[] = [
  { name: "LeNet predict", file: "mnist/lenet.dl", dims: { N: 1 }, entries: predict, most: 4000, mostInit: 1600 },
  { name: "LeNet with training", file: "mnist/lenet.dl", dims: { N: 64 }, most: 18700, mostInit: 1600 },
  { name: "ResNet-18 predict", file: "resnet18.dl", dims: image, entries: predict, most: 10400, mostInit: 2800 },
  { name: "MobileNetV2 predict", file: "mobilenet-v2.dl", dims: image, entries: predict, most: 14300, mostInit: 4200 },
  {
    name: "encoder predict",
    file: "transformer-encoder.dl",
    dims: { N: 1, T: 32 },
    entries: predict,
    most: 6400,
    mostInit: 2200,
  },
];

const textOf = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

/** The standard library alone. */
const resolve: Resolver = (path) => (path.startsWith("std/") ? { name: path, text: textOf(`dsl/${path}`) } : null);

export function compiledSubject({
  file,
  dims,
  entries,
}: Pick<SizeSubject, "file" | "dims" | "entries">): CompiledModule {
  const name = `examples/${file}`;
  return compileModule({ name, text: textOf(name) }, { dims, ...(entries && { entries }), resolve });
}

export const compressed = (code: string | Uint8Array): number => gzipSync(code, { level: 9 }).length;
