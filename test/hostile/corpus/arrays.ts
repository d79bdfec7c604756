import { arrayFile, bad, be32, joined, numpyDict, type Bad } from "../build.ts";

const floats = (shape: string, data: readonly number[] = [0, 0, 0, 0]): Uint8Array =>
  arrayFile(numpyDict("'<f4'", shape), data);
const other = (descr: string): Uint8Array => arrayFile(numpyDict(descr, "(1,)"), [0, 0, 0, 0]);
const wrong = "the header is not one that NumPy writes for a plain array";
const good = floats("(1,)");

export const badArrays: readonly Bad[] = [
  bad("an empty file", new Uint8Array(0), "E0701", "not a .npy file"),
  ...[1, 6, 7, 8, 9, 11].map((length) =>
    bad(`the first ${length} bytes`, good.subarray(0, length), "E0701", "not a .npy file"),
  ),
  bad("a header cut short", good.subarray(0, 40), "E0701", "the file ends before its header"),
  bad(
    "data cut short",
    good.subarray(0, good.length - 1),
    "E0701",
    "the file has 3 bytes of data, but its shape (1) needs 4",
  ),
  bad("data too long", joined(good, [0]), "E0701", "the file has 5 bytes of data, but its shape (1) needs 4"),
  bad("another magic", joined([0x94], good.subarray(1)), "E0701", "not a .npy file"),
  bad("a zip archive", joined("PK", [3, 4], Array<number>(40).fill(0)), "E0701", "not a .npy file"),
  bad("version 0", arrayFile(numpyDict("'<f4'", "(0,)"), [], 0), "E0701", "the file has version 0"),
  bad("version 4", arrayFile(numpyDict("'<f4'", "(0,)"), [], 4), "E0701", "the file has version 4"),
  bad("version 255", arrayFile(numpyDict("'<f4'", "(0,)"), [], 255), "E0701", "the file has version 255"),
  bad(
    "a header of 65,535 bytes",
    arrayFile(numpyDict("'<f4'", "(0,)"), [], 1, 65_535),
    "E0701",
    "the file ends before its header of 65535 bytes",
  ),
  bad(
    "a header of 2^32 - 1 bytes",
    arrayFile(numpyDict("'<f4'", "(0,)"), [], 2, 2 ** 32 - 1),
    "E0701",
    "the file ends before its header of 4294967295 bytes",
  ),
  bad(
    "a header of 2 MB",
    arrayFile(numpyDict("'<f4'", "(0,)").padEnd(2_000_000), [], 2),
    "E0701",
    "the maximum is 65536",
  ),
  bad("a header of length 0", arrayFile("", [0, 0, 0, 0]), "E0701", wrong),
  bad("a header of blanks", arrayFile(" ".repeat(60_000), []), "E0701", wrong),
  bad(
    "a header that is not closed",
    arrayFile("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)\n", [0, 0, 0, 0]),
    "E0701",
    wrong,
  ),
  bad(
    "a header that is not opened",
    arrayFile("'descr': '<f4', 'fortran_order': False, 'shape': (1,)}\n", [0, 0, 0, 0]),
    "E0701",
    wrong,
  ),
  bad("text after the header", arrayFile(`${numpyDict("'<f4'", "(1,)")}+ 1`, [0, 0, 0, 0]), "E0701", wrong),
  bad(
    "a header within a string",
    arrayFile(`{'x': "${numpyDict("'<f4'", "(1,)").trim()}"}\n`, [0, 0, 0, 0]),
    "E0701",
    wrong,
  ),
  bad("code", arrayFile("__import__('os').system('true')\n", []), "E0701", wrong),
  bad("no descr", arrayFile("{'fortran_order': False, 'shape': (1,)}", [0, 0, 0, 0]), "E0701", wrong),
  bad("no order", arrayFile("{'descr': '<f4', 'shape': (1,)}", [0, 0, 0, 0]), "E0701", wrong),
  bad("no shape", arrayFile("{'descr': '<f4', 'fortran_order': False}", [0, 0, 0, 0]), "E0701", wrong),
  bad(
    "descr twice",
    arrayFile("{'descr': '<f8', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", [0, 0, 0, 0]),
    "E0701",
    wrong,
  ),
  bad(
    "shape twice",
    arrayFile("{'descr': '<f4', 'shape': (1,), 'fortran_order': False, 'shape': (9,)}", [0, 0, 0, 0]),
    "E0701",
    wrong,
  ),
  bad(
    "a key too many",
    arrayFile("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}", [0, 0, 0, 0]),
    "E0701",
    wrong,
  ),
  bad(
    "__proto__",
    arrayFile("{'__proto__': '<f4', 'fortran_order': False, 'shape': (1,)}", [0, 0, 0, 0]),
    "E0701",
    wrong,
  ),
  bad(
    "odd quotes",
    arrayFile("{'descr\": '<f4', 'fortran_order': False, 'shape': (1,)}", [0, 0, 0, 0]),
    "E0701",
    wrong,
  ),
  bad("quotes in quotes", other("'<f4\\''"), "E0701", wrong),
  bad("an unterminated string", other("'<f4"), "E0701", wrong),
  bad("an order that is a number", arrayFile(numpyDict("'<f4'", "(1,)", "0"), [0, 0, 0, 0]), "E0701", wrong),
  bad(
    "Fortran order",
    arrayFile(numpyDict("'<f4'", "(1,)", "True"), [0, 0, 0, 0]),
    "E0702",
    "the array is in Fortran order",
  ),
  bad("big-endian", other("'>f4'"), "E0702", "unsupported dtype >f4"),
  bad("Python objects", other("'|O'"), "E0702", "unsupported dtype |O"),
  bad("text", other("'<U1'"), "E0702", "unsupported dtype <U1"),
  bad("half floats", other("'<f2'"), "E0702", "unsupported dtype <f2"),
  bad("times", other("'<M8[ns]'"), "E0702", "unsupported dtype <M8[ns]"),
  bad("no dtype", other("''"), "E0702", "unsupported dtype "),
  bad("a dtype named like a property of Object", other("'constructor'"), "E0702", "unsupported dtype constructor"),
  bad("a long dtype", other(`'${"f".repeat(60_000)}'`), "E0702", /^x\.npy: unsupported dtype f{100}$/),
  bad("a structure", other("[('a', '<f4')]"), "E0701", wrong),
  bad("a structure in a structure", other("[('a', [('b', '<f4')])]"), "E0701", wrong),
  bad("a number instead of a shape", floats("(1)"), "E0701", wrong),
  bad("a list instead of a shape", floats("[1]"), "E0701", wrong),
  bad("only a comma", floats("(,)"), "E0701", wrong),
  bad("no comma", floats("(1 1)"), "E0701", wrong),
  bad("a negative size", floats("(-1,)"), "E0701", wrong),
  bad("a broken size", floats("(1.0,)"), "E0701", wrong),
  bad("a size in hexadecimal", floats("(0x1,)"), "E0701", wrong),
  bad("a size that is a string", floats("('1',)"), "E0701", wrong),
  bad("a size past 2^64", floats("(99999999999999999999,)"), "E0701", "needs more than the maximum"),
  bad("a product past 2^53", floats("(4294967296, 4294967296)"), "E0701", "needs more than the maximum"),
  bad("a product past 2^32", floats("(65536, 65536)"), "E0701", "needs 17179869184"),
  bad("a product that wraps to 1", floats("(4294967297, 1)"), "E0701", "needs 17179869188"),
  bad(
    "a huge product times 0",
    floats("(9007199254740991, 9007199254740991, 0)", []),
    "E0701",
    "needs more than the maximum",
  ),
  bad("a size of 0 and data", floats("(0,)"), "E0701", "the file has 4 bytes of data, but its shape (0) needs 0"),
  bad("65 axes", floats(`(${"1, ".repeat(65)})`), "E0701", wrong),
  bad("20,000 axes", floats(`(${"1, ".repeat(20_000)})`), "E0701", wrong),
  bad("20,000 commas", floats(`(${",".repeat(20_000)})`), "E0701", wrong),
  bad("deep parentheses", floats(`${"(".repeat(30_000)})`), "E0701", wrong),
  bad("NUL", arrayFile(numpyDict("'<f4'", "(1,)").replace(" ", "\0"), [0, 0, 0, 0]), "E0701", wrong),
  bad("a byte order mark", arrayFile(`\ufeff${numpyDict("'<f4'", "(1,)")}`, [0, 0, 0, 0]), "E0701", wrong),
  bad(
    "an int64 past i32",
    arrayFile(numpyDict("'<i8'", "(1,)"), [0, 0, 0, 128, 0, 0, 0, 0]),
    "E0702",
    "the int64 2147483648 at index 0",
  ),
  bad(
    "int64 cut short",
    arrayFile(numpyDict("'<i8'", "(1,)"), [0, 0, 0, 0]),
    "E0701",
    "the file has 4 bytes of data, but its shape (1) needs 8",
  ),
];

export const goodArrays: readonly Uint8Array[] = [
  good,
  floats("()"),
  floats("(1, 1)"),
  floats("(1L,)"),
  floats("(0, 3)", []),
  arrayFile('{"shape":(1,1,),"fortran_order":False,"descr":"<f4"}', [0, 0, 0, 0]),
  arrayFile(numpyDict("'<f4'", "(1,)"), [0, 0, 0, 0], 3),
  arrayFile(numpyDict("'<i8'", "(1,)"), [255, 255, 255, 255, 255, 255, 255, 255]),
];

const idx = (type: number, sizes: readonly number[], data: readonly number[] = []): Uint8Array =>
  joined([0, 0, type, sizes.length], be32(...sizes), data);
const images = idx(8, [1, 2], [3, 4]);

export const badImages: readonly Bad[] = [
  bad("an empty file", new Uint8Array(0), "E0703", "not an IDX file"),
  bad("3 bytes", images.subarray(0, 3), "E0703", "not an IDX file"),
  ...[4, 7, 8, 11].map((length) =>
    bad(`the first ${length} bytes`, images.subarray(0, length), "E0703", "the file ends within its header of 2 sizes"),
  ),
  bad("no data", images.subarray(0, 12), "E0703", "the file has 0 bytes of data, but its shape [1,2] needs 2"),
  bad("data cut short", images.subarray(0, 13), "E0703", "the file has 1 bytes of data, but its shape [1,2] needs 2"),
  bad("data too long", joined(images, [0]), "E0703", "the file has 3 bytes of data, but its shape [1,2] needs 2"),
  bad("another magic", joined([1], images.subarray(1)), "E0703", "not an IDX file"),
  bad("a magic in the wrong order", joined([3, 8, 0, 0], images.subarray(4)), "E0703", "not an IDX file"),
  ...[0, 7, 0x0a, 0x0b, 0x0f, 255].map((type) => bad(`type ${type}`, idx(type, [1], [0]), "E0703", "not an IDX file")),
  bad(
    "255 sizes and no room",
    joined([0, 0, 8, 255], be32(1, 1)),
    "E0703",
    "the file ends within its header of 255 sizes",
  ),
  bad("255 sizes of 2", idx(8, Array<number>(255).fill(2), [0]), "E0703", "needs more than the maximum"),
  bad("a size of 2^32 - 1", idx(8, [2 ** 32 - 1], [0]), "E0703", "needs 4294967295"),
  bad("a product that wraps to 0 in 32 bits", idx(8, [65_536, 65_536], [0]), "E0703", "needs 4294967296"),
  bad(
    "a product that wraps to 1 in 64 bits",
    idx(8, [2 ** 32 - 1, 2 ** 32 - 1], [0]),
    "E0703",
    "needs more than the maximum",
  ),
  bad("doubles past 2^53", idx(0x0e, [2 ** 26, 2 ** 26], [0]), "E0703", "needs more than the maximum"),
  bad("a size of 0 and data", idx(8, [0, 28], [0]), "E0703", "its shape [0,28] needs 0"),
  bad(
    "words cut short",
    idx(0x0c, [2], [0, 0, 0, 1, 0]),
    "E0703",
    "the file has 5 bytes of data, but its shape [2] needs 8",
  ),
  bad("compressed", joined([0x1f, 0x8b], Array<number>(20).fill(0)), "E0703", "not an IDX file"),
  bad("an HTML page", joined("<html></html>"), "E0703", "not an IDX file"),
];

export const goodImages: readonly Uint8Array[] = [
  images,
  idx(8, [], [9]),
  idx(0x0d, [0, 28]),
  idx(0x0c, [1], [0, 0, 1, 0]),
  idx(0x0e, [1], [1, 2, 3, 4, 5, 6, 7, 8]),
];
