import fc from "fast-check";
import { expect, test } from "vitest";
import {
  createSession,
  readSafetensors,
  writeSafetensors,
  type DType,
  type StoredTensor,
} from "../../runtime/index.ts";
import { dtypes } from "../../runtime/dtype.ts";
import { tinyCode, tinyPlan } from "./tiny-plan.ts";

const file = (header: string, data: readonly number[] = []): Uint8Array => {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
};

const tensor = fc
  .record({
    dtype: fc.constantFrom<DType>("f32", "f64", "i32", "u8", "i8", "bool"),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
    fill: fc.integer({ min: 0, max: 255 }),
  })
  .map(({ dtype, shape, fill }): StoredTensor => {
    const size = shape.reduce((a, b) => a * b, 1) * dtypes[dtype].bytes;
    return { dtype, shape, bytes: new Uint8Array(size).fill(fill) };
  });

test("a written file reads back to the same tensors, and these write the same bytes", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ minLength: 1 }), tensor)), (entries) => {
      const tensors = new Map(entries.filter(([name]) => name !== "__metadata__"));
      const bytes = writeSafetensors(tensors, { epoch: "3" });
      const read = readSafetensors(bytes);
      expect(new Map([...read.tensors].map(([name, t]) => [name, { ...t, bytes: t.bytes.slice() }]))).toEqual(tensors);
      expect(read.metadata.get("epoch")).toBe("3");
      expect(writeSafetensors(read.tensors, { epoch: "3" })).toEqual(bytes);
      expect((bytes.length - [...tensors.values()].reduce((sum, t) => sum + t.bytes.length, 0)) % 8).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test("any damage to a file is an error with a code", () => {
  const good = writeSafetensors(new Map([["w", { dtype: "f32", shape: [2], bytes: new Uint8Array(8) }]]));
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: good.length - 1 }),
      fc.integer({ min: 0, max: 255 }),
      fc.integer({ min: 0, max: good.length }),
      (at, byte, length) => {
        const bad = good.slice();
        bad[at] = byte;
        try {
          readSafetensors(bad.subarray(0, length));
        } catch (error) {
          expect(error).toMatchObject({ name: "DlcError", code: "E0820" });
        }
      },
    ),
    { numRuns: 300 },
  );
});

test.each([
  ["too short", new Uint8Array(3), /has 3 bytes/],
  ["no header", new Uint8Array(8).fill(255), /it has 8 bytes/],
  ["header past the end", new Uint8Array([...new Uint8Array(8).fill(255), 0x7b]), /its header should have/],
  [
    "a web page",
    new TextEncoder().encode("<!doctype html><html><head><title>Not found</title>"),
    /it begins with "<!doctype html><html>/,
  ],
  ["an archive", new TextEncoder().encode("PK\u0003\u0004archive/data.pkl"), /it begins with "PK/],
  ["no JSON", file("{oops"), /syntax error in the header at character 1: expected "/],
  ["an array", file("[]"), /it begins with ".*\[\]/],
  [
    "unknown dtype",
    file('{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}', [0, 0]),
    /has the dtype "F16"; supported are F32/,
  ],
  ["negative size", file('{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,2]}}', [0, 0]), /an invalid shape/],
  [
    "huge product",
    file('{"a":{"dtype":"U8","shape":[4503599627370496,4096],"data_offsets":[0,2]}}', [0, 0]),
    /an invalid shape/,
  ],
  [
    "wrong size",
    file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,2]}}', [0, 0]),
    /has 2 bytes, but f32\[1\] needs 4/,
  ],
  [
    "past the end",
    file('{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}', [0, 0]),
    /ends at 3, but there are 2 bytes/,
  ],
  [
    "overlap",
    file(
      '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}',
      [0, 0, 0],
    ),
    /overlaps/,
  ],
  ["gap", file('{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', [0, 0]), /gap before `a`/],
  [
    "rest",
    file('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', [0, 0]),
    /1 bytes at the end do not belong to a tensor/,
  ],
  ["prototype", file('{"__proto__":{"dtype":"U8","shape":[],"data_offsets":[0,9]}}', [0]), /`__proto__` ends at 9/],
])("rejects a file: %s", (_, bytes, message) => {
  expect(() => readSafetensors(bytes)).toThrow(message);
});

test("a session saves and loads the same bytes, also with params only", async () => {
  const a = await createSession(tinyPlan, tinyCode(), { seed: 5 });
  const b = await createSession(tinyPlan, tinyCode(), { seed: 6 });
  a.run("step", { x: 3, flag: [1] });
  const all = { settings: true, random: true };
  expect(b.load(a.save()).loaded).toEqual(["w", "count", "mask"]);
  expect(b.save()).toEqual(a.save());
  expect(b.save(all)).not.toEqual(a.save(all));
  expect(b.load(a.save(all)).loaded).toHaveLength(3);
  expect(b.load(a.save(all), { need: "all" }).loaded).toHaveLength(5);
  expect(b.save(all)).toEqual(a.save(all));
  expect([...readSafetensors(a.save({ only: "param" })).tensors.keys()]).toEqual(["w"]);
});

test("weights that do not match change nothing, and the error lists all mismatches", async () => {
  const session = await createSession(tinyPlan, tinyCode());
  const before = session.snapshot();
  const other = writeSafetensors(
    new Map<string, StoredTensor>([
      ["w", { dtype: "f32", shape: [3], bytes: new Uint8Array(12) }],
      ["count", { dtype: "f64", shape: [], bytes: new Uint8Array(8).fill(1) }],
      ["v", { dtype: "u8", shape: [], bytes: new Uint8Array(1) }],
    ]),
  );
  expect(() => session.load(other)).toThrow(
    "the weights do not match the model: `w` is f32[2] in the model and f32[3] in the file, missing from the file: mask, unknown to the model: v\n  = help: `partial: true` loads what fits",
  );
  expect(() => session.load(other, { need: "all" })).toThrow(
    "missing from the file: rng.seed, step.step, mask, unknown",
  );
  expect(session.snapshot()).toEqual(before);
  const params = session.save({ only: "param" });
  expect(session.load(params, { partial: true }).loaded).toEqual(["w"]);
  expect(session.load(params, { need: "params" }).loaded).toEqual(["w"]);
  expect(() => session.load(params)).toThrow(/missing from the file: count, mask\n/);
  expect(() => session.load(params, { need: "all" })).toThrow(
    /missing from the file: rng.seed, step.step, count, mask/,
  );
});
