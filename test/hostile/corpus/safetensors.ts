import { bad, joined, u64, weightsFile, type Bad } from "../build.ts";

const entry = (fields: string): Uint8Array => weightsFile(`{"a":{${fields}}}`, [0, 0]);
const bytes = (name: string, begin: number | string, end: number | string, shape = "[2]"): string =>
  `${JSON.stringify(name)}:{"dtype":"U8","shape":${shape},"data_offsets":[${begin},${end}]}`;
const two = (a: string, b: string, data = 4): Uint8Array => weightsFile(`{${a},${b}}`, Array<number>(data).fill(0));
const odd = ["__proto__", "constructor", "toString", "hasOwnProperty", "", "a\u0000b", "../../x", "漢\ud83d"];

const good = weightsFile(`{${bytes("a", 0, 2)}}`, [1, 2]);

const offsets: readonly Bad[] = [
  bad(
    "begin after end",
    entry('"dtype":"U8","shape":[2],"data_offsets":[2,0]'),
    "E0820",
    "`a` has an invalid data_offsets",
  ),
  bad(
    "a negative begin",
    entry('"dtype":"U8","shape":[2],"data_offsets":[-1,1]'),
    "E0820",
    "`a` has an invalid data_offsets",
  ),
  bad(
    "NaN as an offset",
    entry('"dtype":"U8","shape":[2],"data_offsets":[NaN,2]'),
    "E0820",
    "`a` has an invalid data_offsets",
  ),
  bad(
    "an offset that is a string",
    entry('"dtype":"U8","shape":[2],"data_offsets":["0",2]'),
    "E0820",
    "`a` has an invalid data_offsets",
  ),
  bad(
    "a broken offset",
    entry('"dtype":"U8","shape":[2],"data_offsets":[0.5,2.5]'),
    "E0820",
    "`a` has an invalid data_offsets",
  ),
  bad(
    "an offset past 2^53",
    entry('"dtype":"U8","shape":[2],"data_offsets":[9007199254740992,9007199254740994]'),
    "E0820",
    "`a` has an invalid data_offsets",
  ),
  bad(
    "an offset past 2^64",
    entry('"dtype":"U8","shape":[2],"data_offsets":[18446744073709551616,18446744073709551618]'),
    "E0820",
    "`a` has an invalid data_offsets",
  ),
  bad(
    "an offset of 1e3",
    entry('"dtype":"U8","shape":[2],"data_offsets":[0,2e0]'),
    "E0820",
    "`a` has an invalid data_offsets",
  ),
  bad("one offset", entry('"dtype":"U8","shape":[2],"data_offsets":[0]'), "E0820", "`a` has an invalid data_offsets"),
  bad(
    "three offsets",
    entry('"dtype":"U8","shape":[2],"data_offsets":[0,1,2]'),
    "E0820",
    "`a` has an invalid data_offsets",
  ),
  bad(
    "no offsets at all",
    entry('"dtype":"U8","shape":[2],"data_offsets":[]'),
    "E0820",
    "`a` has an invalid data_offsets",
  ),
  bad(
    "an end past the data",
    two(bytes("a", 0, 2), bytes("b", 2, 900, "[898]")),
    "E0820",
    "`b` ends at 900, but there are 4 bytes of data",
  ),
  bad("tensors that overlap", two(bytes("a", 0, 2), bytes("b", 1, 3), 3), "E0820", "`b` overlaps the tensor before it"),
  bad(
    "tensors at the same offset",
    two(bytes("a", 0, 2), bytes("b", 0, 2), 2),
    "E0820",
    "`b` overlaps the tensor before it",
  ),
  bad("a hole", two(bytes("a", 0, 2), bytes("b", 3, 5), 5), "E0820", "there is a gap before `b`"),
  bad("a hole at the start", weightsFile(`{${bytes("a", 1, 3)}}`, [0, 0, 0]), "E0820", "there is a gap before `a`"),
  bad("a hole, in the wrong order", two(bytes("b", 3, 5), bytes("a", 0, 2), 5), "E0820", "there is a gap before `b`"),
  bad("data that belong to no tensor", weightsFile("{}", [1]), "E0820", "1 bytes at the end do not belong to a tensor"),
];

const types: readonly Bad[] = [
  bad("a negative size", entry('"dtype":"U8","shape":[-2],"data_offsets":[0,2]'), "E0820", "`a` has an invalid shape"),
  bad("a broken size", entry('"dtype":"U8","shape":[2.0],"data_offsets":[0,2]'), "E0820", "`a` has an invalid shape"),
  bad(
    "a size that is a string",
    entry('"dtype":"U8","shape":["2"],"data_offsets":[0,2]'),
    "E0820",
    "`a` has an invalid shape",
  ),
  bad(
    "a size that is null",
    entry('"dtype":"U8","shape":[null],"data_offsets":[0,2]'),
    "E0820",
    "`a` has an invalid shape",
  ),
  bad("sizes in sizes", entry('"dtype":"U8","shape":[[2]],"data_offsets":[0,2]'), "E0820", "`a` has an invalid shape"),
  bad(
    "a size with a leading zero",
    entry('"dtype":"U8","shape":[02],"data_offsets":[0,2]'),
    "E0820",
    "`a` has an invalid shape",
  ),
  bad(
    "a product past 2^53",
    entry('"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,2]'),
    "E0820",
    "`a` has an invalid shape",
  ),
  bad(
    "a product past 2^32",
    entry('"dtype":"F32","shape":[65536,65536],"data_offsets":[0,2]'),
    "E0820",
    "needs 17179869184",
  ),
  bad(
    "a product that wraps to 2 in 32 bits",
    entry('"dtype":"U8","shape":[2147483649,2],"data_offsets":[0,2]'),
    "E0820",
    "needs 4294967298",
  ),
  bad(
    "a huge product times 0",
    entry(`"dtype":"U8","shape":[${"9007199254740991,".repeat(40)}0],"data_offsets":[0,0]`),
    "E0820",
    "`a` has an invalid shape",
  ),
  bad(
    "a size of 0 and data",
    entry('"dtype":"U8","shape":[0],"data_offsets":[0,2]'),
    "E0820",
    "`a` has 2 bytes, but u8[0] needs 0",
  ),
  bad(
    "100,000 sizes",
    entry(`"dtype":"U8","shape":[${"1,".repeat(99_999)}2],"data_offsets":[0,2]`),
    "E0820",
    "`a` has an invalid shape",
  ),
  bad("a shape that is a number", entry('"dtype":"U8","shape":2,"data_offsets":[0,2]'), "E0820", "expected ["),
  bad(
    "an unknown dtype",
    entry('"dtype":"BF16","shape":[1],"data_offsets":[0,2]'),
    "E0820",
    '`a` has the dtype "BF16"; supported are F32',
  ),
  bad(
    "a dtype named like a property of Object",
    entry('"dtype":"constructor","shape":[1],"data_offsets":[0,2]'),
    "E0820",
    '`a` has the dtype "constructor"',
  ),
  bad(
    "a dtype in small letters",
    entry('"dtype":"u8","shape":[2],"data_offsets":[0,2]'),
    "E0820",
    '`a` has the dtype "u8"',
  ),
  bad("a dtype that is a number", entry('"dtype":8,"shape":[2],"data_offsets":[0,2]'), "E0820", 'expected "'),
  bad(
    "a dtype that does not fit the length",
    entry('"dtype":"F64","shape":[2],"data_offsets":[0,2]'),
    "E0820",
    "`a` has 2 bytes, but f64[2] needs 16",
  ),
  bad("no dtype", entry('"shape":[2],"data_offsets":[0,2]'), "E0820", "`a` has no dtype, shape or data_offsets"),
  bad("no shape", entry('"dtype":"U8","data_offsets":[0,2]'), "E0820", "`a` has no dtype, shape or data_offsets"),
  bad("no offsets", entry('"dtype":"U8","shape":[2]'), "E0820", "`a` has no dtype, shape or data_offsets"),
  bad(
    "a field too many",
    entry('"dtype":"U8","shape":[2],"data_offsets":[0,2],"stride":[1]'),
    "E0820",
    "`a` has an unknown field `stride`",
  ),
  bad(
    "__proto__ as a field",
    entry('"__proto__":{"dtype":"U8"},"shape":[2],"data_offsets":[0,2]'),
    "E0820",
    "`a` has an unknown field `__proto__`",
  ),
  bad(
    "a field twice",
    entry('"dtype":"F32","dtype":"U8","shape":[2],"data_offsets":[0,2]'),
    "E0820",
    "`a` has two entries named `dtype`",
  ),
];

const headers: readonly Bad[] = [
  bad("an empty file", new Uint8Array(0), "E0820", "it has 0 bytes"),
  bad("a length cut short", good.subarray(0, 7), "E0820", "it has 7 bytes"),
  bad("no header after its length", good.subarray(0, 8), "E0820", "it has 8 bytes"),
  bad("a header cut short", good.subarray(0, 30), "E0820", "its header should have"),
  bad("data cut short", good.subarray(0, good.length - 1), "E0820", "`a` ends at 2, but there are 1 bytes of data"),
  bad("no data", good.subarray(0, good.length - 2), "E0820", "`a` ends at 2, but there are 0 bytes of data"),
  bad("a header of length 0", joined(u64(0n), [1, 2, 3]), "E0820", "it begins with"),
  bad("a header longer than the file", weightsFile("{}", [], 3n), "E0820", "its header should have 3 bytes"),
  bad(
    "a header of 2^53 bytes",
    weightsFile("{}", [], 2n ** 53n),
    "E0820",
    "its header should have 9007199254740992 bytes",
  ),
  bad(
    "a header of 2^64 - 1 bytes",
    weightsFile("{}", [], 2n ** 64n - 1n),
    "E0820",
    "its header should have 18446744073709551615 bytes",
  ),
  bad(
    "a header of 2^32 + 2 bytes",
    weightsFile("{}", [], 2n ** 32n + 2n),
    "E0820",
    "its header should have 4294967298 bytes",
  ),
  bad("a header that ends early", weightsFile("{}      ", [0, 0], 1n), "E0820", 'expected "'),
  bad("a byte order mark", weightsFile("\ufeff{}"), "E0820", "it begins with"),
  bad("a list", weightsFile("[]"), "E0820", "it begins with"),
  bad("blanks before the header", weightsFile(" {}"), "E0820", "it begins with"),
  bad("text after the header", weightsFile("{} {}"), "E0820", "unexpected text after the header"),
  bad("an HTML page", joined("<!DOCTYPE html><html></html>"), "E0820", "it begins with"),
  bad("invalid UTF-8", weightsFile(joined("{", [0xff, 0xfe], "}")), "E0820", "its header is not valid JSON in UTF-8"),
  bad(
    "an incomplete UTF-8 sequence",
    weightsFile(joined('{"', [0xe6, 0xbc], '":{}}')),
    "E0820",
    "its header is not valid JSON in UTF-8",
  ),
  bad("deep lists", weightsFile(`{"a":${"[".repeat(100_000)}`), "E0820", "expected {"),
  bad("deep objects", weightsFile('{"a":'.repeat(100_000)), "E0820", "`a` has an unknown field `a`"),
  bad("a tensor that is null", weightsFile('{"a":null}'), "E0820", "expected {"),
  bad("no comma", weightsFile(`{${bytes("a", 0, 0, "[0]")} ${bytes("b", 0, 0, "[0]")}}`), "E0820", "expected }"),
  bad("a comma too many", weightsFile(`{${bytes("a", 0, 0, "[0]")},}`), "E0820", 'expected "'),
  bad("a name without quotes", weightsFile("{a:{}}"), "E0820", 'expected "'),
  bad("an unterminated name", weightsFile('{"a'), "E0820", "unterminated string"),
  bad("a name that ends in a backslash", weightsFile('{"a\\'), "E0820", "unterminated string"),
  bad("an unknown escape", weightsFile('{"\\x41":{}}'), "E0820", "invalid string"),
  bad("a tab in a name", weightsFile('{"a\tb":{}}'), "E0820", "invalid string"),
  bad("one name twice", two(bytes("a", 0, 2), bytes("a", 2, 4)), "E0820", "the header has two entries named `a`"),
  bad(
    "one name twice, once escaped",
    two(bytes("a", 0, 2), bytes("a", 2, 4).replace("a", "\\u0061")),
    "E0820",
    "the header has two entries named `a`",
  ),
  bad(
    "__proto__ twice",
    two(bytes("__proto__", 0, 2), bytes("__proto__", 2, 4)),
    "E0820",
    "the header has two entries named `__proto__`",
  ),
  bad("metadata that are a list", weightsFile('{"__metadata__":[]}'), "E0820", "expected {"),
  bad("metadata that are text", weightsFile('{"__metadata__":"pt"}'), "E0820", "expected {"),
  bad(
    "metadata with a number",
    weightsFile('{"__metadata__":{"epoch":3}}'),
    "E0820",
    "a value of the metadata is not a string",
  ),
  bad(
    "metadata in metadata",
    weightsFile('{"__metadata__":{"a":{}}}'),
    "E0820",
    "a value of the metadata is not a string",
  ),
  bad(
    "metadata twice",
    weightsFile('{"__metadata__":{},"__metadata__":{}}'),
    "E0820",
    "the header has two entries named `__metadata__`",
  ),
  bad(
    "a key of the metadata twice",
    weightsFile('{"__metadata__":{"a":"","a":""}}'),
    "E0820",
    "the metadata has two entries named `a`",
  ),
  bad("a very long name", weightsFile(`{"${"x".repeat(1_000_000)}":0}`), "E0820", "expected {"),
  bad("a very long name with invalid offsets", weightsFile(`{${bytes("x".repeat(1_000_000), 1, 0)}}`), "E0820", "xxx…"),
  bad(
    "100,001 tensors",
    weightsFile(`{${Array.from({ length: 100_001 }, (_, i) => bytes(String(i), 0, 0, "[0]")).join(",")}}`),
    "E0820",
    "it has more than 100000 tensors",
  ),
];

const names = odd.map((name) =>
  bad(
    `a tensor named ${JSON.stringify(name)}, and too long`,
    weightsFile(`{${bytes(name, 0, 3, "[3]")}}`, [0]),
    "E0820",
    "ends at 3, but there are 1 bytes",
  ),
);

export const badWeights: readonly Bad[] = [...headers, ...types, ...offsets, ...names];

export const goodWeights: readonly Uint8Array[] = [
  good,
  weightsFile("{}"),
  weightsFile("{ }   "),
  weightsFile(` { ${bytes("a", 0, 2)} , ${bytes("b", 2, 4)} } `.trim(), [1, 2, 3, 4]),
  weightsFile(
    `{${bytes("b", 2, 4)},${bytes("a", 0, 2)},"__metadata__":{"\\"\\u0000":"\\n","__proto__":"x"}}`,
    [1, 2, 3, 4],
  ),
  ...odd.map((name) => weightsFile(`{${bytes(name, 0, 1, "[1,1,1]")}}`, [7])),
  weightsFile(`{${bytes("a", 0, 1, "[]")},${bytes("b", 1, 1, "[0,9007199254740991]")}}`, [7]),
];
