import type { Element, Lanes } from "../../kernel/ir.ts";
import type { FunctionWriter } from "./function.ts";
import type { Mnemonic } from "./opcodes.ts";

export const bytesOf = { f32: 4, i32: 4, u8: 1, i8: 1, bool: 1 } as const satisfies Readonly<Record<Element, number>>;

/** log2 of the alignment of every address of an element. */
const alignment = { f32: 2, i32: 2, u8: 0, i8: 0, bool: 0 } as const satisfies Readonly<Record<Element, number>>;

const scalarLoads = {
  f32: "f32.load",
  i32: "i32.load",
  u8: "i32.load8_u",
  i8: "i32.load8_s",
  bool: "i32.load8_u",
} as const satisfies Readonly<Record<Element, Mnemonic>>;
const scalarStores = {
  f32: "f32.store",
  i32: "i32.store",
  u8: "i32.store8",
  i8: "i32.store8",
  bool: "i32.store8",
} as const satisfies Readonly<Record<Element, Mnemonic>>;

/** Replaces the address on the stack by the value loaded from it. */
export function emitLoad(to: FunctionWriter, element: Element, lanes: Lanes, offset: number): void {
  if (lanes === 1) {
    to.op(scalarLoads[element], alignment[element], offset);
    // Bytes from the caller may be any number; all but 0 are true.
    if (element === "bool") {
      to.i32(0);
      to.op("i32.ne");
    }
    return;
  }
  if (element === "f32" || element === "i32") return to.op("v128.load", alignment[element], offset);
  to.op("v128.load32_zero", alignment[element], offset);
  const sign = element === "i8" ? "s" : "u";
  to.op(`i16x8.extend_low_i8x16_${sign}`);
  to.op(`i32x4.extend_low_i16x8_${sign}`);
  if (element === "bool") {
    to.op("v128.const", 0, 0, 0, 0);
    to.op("i32x4.ne");
  }
}

/** Loads one 32-bit element into all lanes. */
export const emitSplatLoad = (to: FunctionWriter, offset: number): void => to.op("v128.load32_splat", 2, offset);

/** Stores the value on the stack at the address below it. */
export function emitStore(to: FunctionWriter, element: Element, lanes: Lanes, offset: number): void {
  if (lanes === 1) return to.op(scalarStores[element], alignment[element], offset);
  if (element === "f32" || element === "i32") return to.op("v128.store", alignment[element], offset);
  if (element === "bool") {
    to.op("v128.const", 1, 1, 1, 1);
    to.op("v128.and");
  }
  to.op("v128.const", 0, 0, 0, 0);
  to.op("i8x16.shuffle", ...lowBytes);
  to.op("v128.store32_lane", alignment[element], offset, 0);
}

/** The low byte of each 32-bit lane comes first; zeros follow. */
const lowBytes = Array.from({ length: 16 }, (_, index) => (index < 4 ? index * 4 : 16));
