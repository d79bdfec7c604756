import fc from "fast-check";
import { expect, test } from "vitest";
import { readNpy, writeNpy } from "../../compiler/formats/npy.ts";
import { DiagnosticError } from "../../dsl/diagnostic-error.ts";
import { dtypes } from "../../runtime/dtype.ts";
import type { DType } from "../../runtime/model.ts";
import type { Tensor } from "../../runtime/model.ts";

const tensor = fc
  .tuple(
    fc.constantFrom<DType>("f32", "f64", "i32", "u8", "i8", "bool"),
    fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
  )
  .map(([dtype, shape]): Tensor => {
    const size = shape.reduce((a, b) => a * b, 1);
    return { dtype, shape, data: new dtypes[dtype].array(Array.from({ length: size }, (_, i) => (i * 3) % 2)) };
  });

/** The bytes that numpy.save writes, built by hand. */
function npy(dict: string, data: readonly number[], version = 1): Uint8Array {
  const text = new TextEncoder().encode(`${dict}\n`);
  const size = version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  return Uint8Array.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, ...size, ...text, ...data]);
}

test("a written array reads back, with data at a multiple of 64 bytes", () => {
  fc.assert(
    fc.property(tensor, (value) => {
      const file = writeNpy(value);
      expect(readNpy(file, "x.npy")).toEqual(value);
      expect((file.length - value.data.byteLength) % 64).toBe(0);
    }),
    { numRuns: 80 },
  );
});

test("reads the header of every version as NumPy writes it", () => {
  const dict = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }   ";
  const expected = { dtype: "f32", shape: [1, 2], data: new Float32Array([2, -2]) };
  for (const version of [1, 2, 3])
    expect(readNpy(npy(dict, [0, 0, 0, 0x40, 0, 0, 0, 0xc0], version), "x.npy")).toEqual(expected);
});

test("int64 reads as i32 if the values fit", () => {
  const dict = "{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }";
  expect(readNpy(npy(dict, [254, 255, 255, 255, 255, 255, 255, 255]), "x.npy").data).toEqual(new Int32Array([-2]));
  expect(() => readNpy(npy(dict, [0, 0, 0, 0, 1, 0, 0, 0]), "x.npy")).toThrow(
    "error[E0702]: x.npy: the int64 4294967296 at index 0 is out of range for i32",
  );
});

test.each([
  [new Uint8Array([1, 2, 3]), "error[E0701]: x.npy: not a .npy file"],
  [
    npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", [0, 0, 0, 0]),
    "the file has 4 bytes of data, but its shape (3) needs 12",
  ],
  [
    npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999, 9), }", []),
    "needs more than the maximum",
  ],
  [
    npy("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", [0, 0, 0, 0]),
    "error[E0702]: x.npy: the array is in Fortran order",
  ],
  [npy("{'descr': '<c8', 'fortran_order': False, 'shape': (0,), }", []), "error[E0702]: x.npy: unsupported dtype <c8"],
  [
    npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (0,), }", []),
    "the header is not one that NumPy writes for a plain array",
  ],
  [npy("{'descr': '<f4'}", []).subarray(0, 20), "the file ends before its header of 17 bytes"],
  [npy("{}", [], 9), "the file has version 9"],
])("rejects a file %#", (file, message) => {
  expect(() => readNpy(file, "x.npy")).toThrow(message);
});

test("any damage to a file is a diagnostic", () => {
  const good = writeNpy({ dtype: "f32", shape: [2, 2], data: new Float32Array(4) });
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, byte, length) => {
      const bad = good.slice();
      bad[at] = byte;
      try {
        readNpy(bad.subarray(0, length), "x.npy");
      } catch (error) {
        expect(error).toBeInstanceOf(DiagnosticError);
      }
    }),
    { numRuns: 300 },
  );
});
