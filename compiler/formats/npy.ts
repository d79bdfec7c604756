import type { DType, TensorData } from "../../runtime/model.ts";
import { dtypes } from "../../runtime/dtype.ts";
import type { Tensor } from "../../runtime/model.ts";
import { rejectFile, checkedBytes } from "./reject-file.ts";
import { readNpyHeader } from "./npy-header.ts";

/**
 * NumPy's array files, versions 1 to 3 (numpy/lib/format.py), little-endian, in C order. An int64 array is read as i32
 * if all its values fit, since int64 is NumPy's default for Python integers.
 */
const descrs: Readonly<Record<DType, string>> = {
  f32: "<f4",
  f64: "<f8",
  i32: "<i4",
  u8: "|u1",
  i8: "|i1",
  bool: "|b1",
};
const dtypeOf = new Map(Object.entries(descrs).map(([dtype, descr]) => [descr, dtype as DType]));
/** NumPy's limit is lower: 10,000 bytes. */
const maxHeader = 65_536;
const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

export function writeNpy(tensor: Tensor): Uint8Array<ArrayBuffer> {
  const shape = tensor.shape.length === 1 ? `(${tensor.shape[0]},)` : `(${tensor.shape.join(", ")})`;
  const dict = `{'descr': '${descrs[tensor.dtype]}', 'fortran_order': False, 'shape': ${shape}, }`;
  const headerBytes = Math.ceil((10 + dict.length + 1) / 64) * 64 - 10;
  const data = new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
  const file = new Uint8Array(10 + headerBytes + data.length);
  file.set([...magic, 1, 0, headerBytes & 255, headerBytes >> 8]);
  file.set(new TextEncoder().encode(`${dict.padEnd(headerBytes - 1)}\n`), 10);
  file.set(data, 10 + headerBytes);
  return file;
}

/** Throws E0701 (not a valid .npy file) and E0702 (unsupported dtype or order). */
export function readNpy(file: Uint8Array, name: string): Tensor {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 12 || magic.some((byte, i) => file[i] !== byte)) rejectFile("E0701", name, "not a .npy file");
  const version = view.getUint8(6);
  if (version < 1 || version > 3)
    rejectFile("E0701", name, `the file has version ${version} of the .npy format; supported are 1 to 3`);
  const start = version === 1 ? 10 : 12;
  const headerBytes = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (headerBytes > file.length - start)
    rejectFile("E0701", name, `the file ends before its header of ${headerBytes} bytes`);
  if (headerBytes > maxHeader)
    rejectFile("E0701", name, `the header has ${headerBytes} bytes; the maximum is ${maxHeader}`);
  const { descr, fortran, shape } = readNpyHeader(
    new TextDecoder("latin1").decode(file.subarray(start, start + headerBytes)),
    name,
  );
  if (fortran) rejectFile("E0702", name, "the array is in Fortran order", "save numpy.ascontiguousarray(x)");
  const wide = descr === "<i8";
  const dtype = wide ? "i32" : dtypeOf.get(descr);
  if (dtype === undefined)
    return rejectFile(
      "E0702",
      name,
      `unsupported dtype ${descr.slice(0, 100)}`,
      `supported are ${[...dtypeOf.keys(), "<i8"].join(", ")}; convert the array with astype`,
    );
  const bytes = checkedBytes(shape, wide ? 8 : dtypes[dtype].bytes);
  const given = file.length - start - headerBytes;
  if (bytes !== given)
    rejectFile(
      "E0701",
      name,
      `the file has ${given} bytes of data, but its shape (${shape.join(", ")}) needs ${bytes ?? "more than the maximum"}`,
    );
  // An aligned copy: `file` may be a view (Node's Buffer) whose slices are views too.
  const data = new Uint8Array(file.subarray(start + headerBytes));
  return {
    dtype,
    shape,
    data: wide ? narrowed(new BigInt64Array(data.buffer), name) : new dtypes[dtype].array(data.buffer),
  };
}

function narrowed(wide: BigInt64Array, name: string): TensorData {
  const narrow = new Int32Array(wide.length);
  wide.forEach((value, i) => {
    narrow[i] = Number(value);
    if (BigInt.asIntN(32, value) !== value)
      rejectFile("E0702", name, `the int64 ${value} at index ${i} is out of range for i32`);
  });
  return narrow;
}
