// Random data for a graph, determined by the seed.
import { isInput, pathOf, stringAttr } from "../graph/facts.ts";
import type { GraphData } from "./error-bound.ts";
import type { Graph } from "../graph/ir.ts";
import { elements, isFloat, type TensorType } from "../types/tensor-type.ts";

/** Numbers in [0, 1) from a counter (the finalizer of MurmurHash3). */
export function hash(seed: number, index: number): number {
  let x = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
}

/** Paths of tensors that are never negative: variances, second moments and the step counter of an optimizer. */
const positivePath = /(\bvar|\.v|\.t)$/;

/**
 * `signed`: integers may be negative; not the default, since integers may be indices or labels. `special`: mostly edge
 * values of arithmetic.
 */
export type SampleKind = "plain" | "signed" | "special";

/**
 * Floats in [-2, 2), one in 20 of them 0, or in [0.25, 1.25) if `positive`; integers from 0 to 3, or from -4 to 3 if
 * `signed`.
 */
export function fill({ dtype, shape }: TensorType, seed: number, positive = false, signed = false): Float64Array {
  return Float64Array.from({ length: elements(shape) }, (_, i) => {
    const x = hash(seed, i);
    if (dtype === "bool") return x < 0.5 ? 0 : 1;
    if (signed && (dtype === "i32" || dtype === "i8")) return Math.floor(x * 8) - 4;
    if (!isFloat(dtype)) return Math.floor(x * 4);
    if (positive) return Math.fround(0.25 + x);
    return x < 0.05 ? 0 : Math.fround(x * 4 - 2);
  });
}

const specials = [
  0,
  -0,
  1,
  -1,
  Infinity,
  -Infinity,
  NaN,
  2 ** -149,
  -(2 ** -149),
  2 ** -126,
  3.4028234663852886e38,
  -3.4028234663852886e38,
  0.5,
  2 ** 31,
  -(2 ** 31),
  16777217,
];
const specialInts = [0, 1, -1, 2, 127, -128, 255, 2 ** 31 - 1, -(2 ** 31), 31, 32, 33];

/** Seven in ten elements are edge values of arithmetic: zeros, infinities, NaN, subnormals, limits of integers. */
function fillSpecial(type: TensorType, seed: number): Float64Array {
  const plain = fill(type, seed);
  const list = isFloat(type.dtype) ? specials : specialInts;
  if (type.dtype === "bool") return plain;
  const wrap = new { f32: Float32Array, f64: Float64Array, i32: Int32Array, u8: Uint8Array, i8: Int8Array }[type.dtype](
    1,
  );
  return plain.map((x, i) => {
    const pick = hash(seed ^ 0x5bd1e995, i);
    if (pick >= 0.7) return x;
    wrap[0] = list[Math.floor((pick / 0.7) * list.length)] ?? 0;
    return wrap[0];
  });
}

/** Inputs, params and state of a graph, each drawn from its name and the seed, so a shrunk graph has the same data. */
export function randomData(graph: Graph, seed: number, kind: SampleKind = "plain"): GraphData {
  const inputs = new Map<string, Float64Array>();
  const persistent = new Map<string, Float64Array>();
  for (const node of graph.nodes) {
    const path = pathOf(node);
    const name = isInput(node) ? stringAttr(node.attrs, "name") : path;
    const [value] = node.results;
    const target = path === null ? inputs : persistent;
    if (name === null || value === undefined || target.has(name)) continue;
    const own = nameHash(name, seed);
    target.set(
      name,
      kind === "special"
        ? fillSpecial(value.type, own)
        : fill(value.type, own, positivePath.test(name), kind === "signed"),
    );
  }
  return { inputs, persistent };
}

/** FNV-1a over the name. */
const nameHash = (name: string, seed: number): number =>
  [...name].reduce(
    (h, c) => Math.imul(h ^ (c.codePointAt(0) ?? 0), 0x01000193),
    0x811c9dc5 ^ Math.imul(seed, 0x9e3779b1),
  );
