/** A growing byte sequence with the number formats of the WebAssembly binary. */
export class Bytes {
  #data = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#data[this.#length++] = value;
  }

  raw(values: Uint8Array): void {
    this.#reserve(values.length);
    this.#data.set(values, this.#length);
    this.#length += values.length;
  }

  /** Unsigned LEB128, 32 bits. */
  u32(value: number): void {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** Signed LEB128, 32 bits. */
  s32(value: number): void {
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  /** Four bytes, little-endian. */
  word(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.byte((value >>> shift) & 0xff);
  }

  name(text: string): void {
    this.sized(new TextEncoder().encode(text));
  }

  /** A length, then the bytes. */
  sized(values: Uint8Array): void {
    this.u32(values.length);
    this.raw(values);
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#data.slice(0, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#data.length) return;
    const grown = new Uint8Array(Math.max(this.#data.length * 2, this.#length + count));
    grown.set(this.#data.subarray(0, this.#length));
    this.#data = grown;
  }
}

const bits = new DataView(new ArrayBuffer(8));

/** The bits of a number rounded to f32; of NaN, the canonical ones. */
export function f32Bits(value: number): number {
  bits.setFloat32(0, value);
  return Number.isNaN(value) ? 0x7fc00000 : bits.getUint32(0);
}

/** The words of an f64, the low one first. */
export function f64Words(value: number): readonly [low: number, high: number] {
  bits.setFloat64(0, value);
  return [bits.getUint32(4), bits.getUint32(0)];
}

/** Inverse of `f32Bits`. */
export function bitsToF32(value: number): number {
  bits.setUint32(0, value);
  return bits.getFloat32(0);
}
