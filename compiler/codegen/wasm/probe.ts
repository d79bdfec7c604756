/** The smallest module with `f32x4.relaxed_madd`: `WebAssembly.validate` accepts it if the host has relaxed SIMD. */
export const relaxedSimdProbe: Uint8Array<ArrayBuffer> = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 5, 1, 0x60, 0, 1, 0x7b], // () -> v128
  ...[3, 2, 1, 0],
  // One body without locals: i32.const 0, i8x16.splat, three times; the multiply-add; end.
  ...[10, 19, 1, 17, 0],
  ...[0x41, 0, 0xfd, 0x0f, 0x41, 0, 0xfd, 0x0f, 0x41, 0, 0xfd, 0x0f],
  ...[0xfd, 0x85, 0x02, 0x0b],
);
