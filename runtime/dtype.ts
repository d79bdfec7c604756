import type { DType } from "./model.ts";

/** Element types of tensors: bytes per element and the typed array that holds them. `bool` is one byte, 0 or 1. */
export const dtypes = {
  f32: { bytes: 4, array: Float32Array },
  f64: { bytes: 8, array: Float64Array },
  i32: { bytes: 4, array: Int32Array },
  u8: { bytes: 1, array: Uint8Array },
  i8: { bytes: 1, array: Int8Array },
  bool: { bytes: 1, array: Uint8Array },
} as const satisfies Readonly<Record<DType, unknown>>;
