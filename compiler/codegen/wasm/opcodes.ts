export type ValType = "i32" | "f32" | "v128";

/** The immediates after the opcode: none, a memory argument, a lane, both, or a constant. */
export type Immediate = "none" | "memory" | "lane" | "memory lane" | "i32" | "f32" | "v128" | "shuffle";

export interface Opcode {
  /** 0 for the single-byte opcodes. */
  readonly prefix: 0 | 0xfc | 0xfd;
  readonly code: number;
  readonly operands: readonly ValType[];
  readonly result: ValType | null;
  readonly immediate: Immediate;
}

const opcode =
  (prefix: Opcode["prefix"]) =>
  (code: number, operands: readonly ValType[], result: ValType | null, immediate: Immediate = "none"): Opcode => ({
    prefix,
    code,
    operands,
    result,
    immediate,
  });

const plain = opcode(0);
const saturating = opcode(0xfc);
const simd = opcode(0xfd);

const i: ValType = "i32";
const f: ValType = "f32";
const v: ValType = "v128";

/**
 * The instructions in use, of WebAssembly 2.0 with fixed-width and relaxed SIMD, without control flow and locals, which
 * are methods of `FunctionWriter`.
 */
export const opcodes = {
  "i32.load": plain(0x28, [i], i, "memory"),
  "f32.load": plain(0x2a, [i], f, "memory"),
  "i32.load8_s": plain(0x2c, [i], i, "memory"),
  "i32.load8_u": plain(0x2d, [i], i, "memory"),
  "i32.store": plain(0x36, [i, i], null, "memory"),
  "f32.store": plain(0x38, [i, f], null, "memory"),
  "i32.store8": plain(0x3a, [i, i], null, "memory"),
  "i32.const": plain(0x41, [], i, "i32"),
  "f32.const": plain(0x43, [], f, "f32"),

  "i32.eqz": plain(0x45, [i], i),
  "i32.eq": plain(0x46, [i, i], i),
  "i32.ne": plain(0x47, [i, i], i),
  "i32.lt_s": plain(0x48, [i, i], i),
  "i32.lt_u": plain(0x49, [i, i], i),
  "i32.gt_s": plain(0x4a, [i, i], i),
  "i32.gt_u": plain(0x4b, [i, i], i),
  "i32.le_s": plain(0x4c, [i, i], i),
  "i32.le_u": plain(0x4d, [i, i], i),
  "i32.ge_s": plain(0x4e, [i, i], i),
  "i32.ge_u": plain(0x4f, [i, i], i),
  "f32.eq": plain(0x5b, [f, f], i),
  "f32.ne": plain(0x5c, [f, f], i),
  "f32.lt": plain(0x5d, [f, f], i),
  "f32.gt": plain(0x5e, [f, f], i),
  "f32.le": plain(0x5f, [f, f], i),
  "f32.ge": plain(0x60, [f, f], i),
  "i32.add": plain(0x6a, [i, i], i),
  "i32.sub": plain(0x6b, [i, i], i),
  "i32.mul": plain(0x6c, [i, i], i),
  "i32.div_s": plain(0x6d, [i, i], i),
  "i32.rem_s": plain(0x6f, [i, i], i),
  "i32.and": plain(0x71, [i, i], i),
  "i32.or": plain(0x72, [i, i], i),
  "i32.xor": plain(0x73, [i, i], i),
  "i32.shl": plain(0x74, [i, i], i),
  "i32.shr_s": plain(0x75, [i, i], i),
  "i32.shr_u": plain(0x76, [i, i], i),
  "f32.abs": plain(0x8b, [f], f),
  "f32.neg": plain(0x8c, [f], f),
  "f32.ceil": plain(0x8d, [f], f),
  "f32.floor": plain(0x8e, [f], f),
  "f32.trunc": plain(0x8f, [f], f),
  "f32.nearest": plain(0x90, [f], f),
  "f32.sqrt": plain(0x91, [f], f),
  "f32.add": plain(0x92, [f, f], f),
  "f32.sub": plain(0x93, [f, f], f),
  "f32.mul": plain(0x94, [f, f], f),
  "f32.div": plain(0x95, [f, f], f),
  "f32.convert_i32_s": plain(0xb2, [i], f),
  "i32.reinterpret_f32": plain(0xbc, [f], i),
  "f32.reinterpret_i32": plain(0xbe, [i], f),
  "i32.trunc_sat_f32_s": saturating(0x00, [f], i),

  "v128.load": simd(0x00, [i], v, "memory"),
  "v128.load32_splat": simd(0x09, [i], v, "memory"),
  "v128.store": simd(0x0b, [i, v], null, "memory"),
  "v128.const": simd(0x0c, [], v, "v128"),
  "i8x16.shuffle": simd(0x0d, [v, v], v, "shuffle"),
  "i32x4.splat": simd(0x11, [i], v),
  "f32x4.splat": simd(0x13, [f], v),
  "i32x4.extract_lane": simd(0x1b, [v], i, "lane"),
  "i32x4.replace_lane": simd(0x1c, [v, i], v, "lane"),
  "f32x4.extract_lane": simd(0x1f, [v], f, "lane"),
  "f32x4.replace_lane": simd(0x20, [v, f], v, "lane"),
  "i32x4.eq": simd(0x37, [v, v], v),
  "i32x4.ne": simd(0x38, [v, v], v),
  "i32x4.lt_s": simd(0x39, [v, v], v),
  "i32x4.lt_u": simd(0x3a, [v, v], v),
  "i32x4.gt_s": simd(0x3b, [v, v], v),
  "i32x4.gt_u": simd(0x3c, [v, v], v),
  "i32x4.le_s": simd(0x3d, [v, v], v),
  "i32x4.le_u": simd(0x3e, [v, v], v),
  "i32x4.ge_s": simd(0x3f, [v, v], v),
  "i32x4.ge_u": simd(0x40, [v, v], v),
  "f32x4.eq": simd(0x41, [v, v], v),
  "f32x4.ne": simd(0x42, [v, v], v),
  "f32x4.lt": simd(0x43, [v, v], v),
  "f32x4.gt": simd(0x44, [v, v], v),
  "f32x4.le": simd(0x45, [v, v], v),
  "f32x4.ge": simd(0x46, [v, v], v),
  "f64x2.lt": simd(0x49, [v, v], v),
  "f64x2.ge": simd(0x4c, [v, v], v),
  "v128.not": simd(0x4d, [v], v),
  "v128.and": simd(0x4e, [v, v], v),
  "v128.or": simd(0x50, [v, v], v),
  "v128.xor": simd(0x51, [v, v], v),
  "v128.bitselect": simd(0x52, [v, v, v], v),
  "v128.any_true": simd(0x53, [v], i),
  "v128.store32_lane": simd(0x5a, [i, v], null, "memory lane"),
  "v128.load32_zero": simd(0x5c, [i], v, "memory"),
  "f32x4.demote_f64x2_zero": simd(0x5e, [v], v),
  "f64x2.promote_low_f32x4": simd(0x5f, [v], v),
  "f32x4.ceil": simd(0x67, [v], v),
  "f32x4.floor": simd(0x68, [v], v),
  "f32x4.trunc": simd(0x69, [v], v),
  "f32x4.nearest": simd(0x6a, [v], v),
  "f64x2.trunc": simd(0x7a, [v], v),
  "i16x8.extend_low_i8x16_s": simd(0x87, [v], v),
  "i16x8.extend_low_i8x16_u": simd(0x89, [v], v),
  "i32x4.abs": simd(0xa0, [v], v),
  "i32x4.neg": simd(0xa1, [v], v),
  "i32x4.extend_low_i16x8_s": simd(0xa7, [v], v),
  "i32x4.extend_low_i16x8_u": simd(0xa9, [v], v),
  "i32x4.shl": simd(0xab, [v, i], v),
  "i32x4.shr_s": simd(0xac, [v, i], v),
  "i32x4.shr_u": simd(0xad, [v, i], v),
  "i32x4.add": simd(0xae, [v, v], v),
  "i32x4.sub": simd(0xb1, [v, v], v),
  "i32x4.mul": simd(0xb5, [v, v], v),
  "i32x4.min_s": simd(0xb6, [v, v], v),
  "i32x4.max_s": simd(0xb8, [v, v], v),
  "i64x2.all_true": simd(0xc3, [v], i),
  "f32x4.abs": simd(0xe0, [v], v),
  "f32x4.neg": simd(0xe1, [v], v),
  "f32x4.sqrt": simd(0xe3, [v], v),
  "f32x4.add": simd(0xe4, [v, v], v),
  "f32x4.sub": simd(0xe5, [v, v], v),
  "f32x4.mul": simd(0xe6, [v, v], v),
  "f32x4.div": simd(0xe7, [v, v], v),
  "f32x4.pmin": simd(0xea, [v, v], v),
  "f32x4.pmax": simd(0xeb, [v, v], v),
  "f64x2.abs": simd(0xec, [v], v),
  "f64x2.sub": simd(0xf1, [v, v], v),
  "f64x2.mul": simd(0xf2, [v, v], v),
  "f64x2.div": simd(0xf3, [v, v], v),
  "f64x2.min": simd(0xf4, [v, v], v),
  "i32x4.trunc_sat_f32x4_s": simd(0xf8, [v], v),
  "f32x4.convert_i32x4_s": simd(0xfa, [v], v),
  "f32x4.relaxed_madd": simd(0x105, [v, v, v], v),
} as const satisfies Readonly<Record<string, Opcode>>;

export type Mnemonic = keyof typeof opcodes;

/** Control flow and locals: their types depend on the context. */
export const controls = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  br_if: 0x0d,
  call: 0x10,
  select: 0x1b,
  "local.get": 0x20,
  "local.set": 0x21,
  "local.tee": 0x22,
} as const;

export type Control = keyof typeof controls;

export const valTypes = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const satisfies Readonly<Record<ValType, number>>;

/** The type of a block without operands or results. */
export const emptyBlock = 0x40;
