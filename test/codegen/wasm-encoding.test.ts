import wabt from "wabt";
import { expect, test } from "vitest";
import { emitWasm } from "../../compiler/codegen/wasm/emit.ts";
import { FunctionWriter } from "../../compiler/codegen/wasm/function.ts";
import { encodeModule, type WasmModule } from "../../compiler/codegen/wasm/module.ts";
import { opcodes, type Mnemonic, type Opcode } from "../../compiler/codegen/wasm/opcodes.ts";
import { relaxedSimdProbe } from "../../compiler/codegen/wasm/probe.ts";
import { printModule } from "../../compiler/codegen/wasm/wat.ts";
import { functions } from "../../compiler/kernel/math.ts";
import { addressKernel } from "./wasm-samples.ts";

const { parseWat, readWasm } = await wabt();
const features = { simd: true, relaxed_simd: true, sat_float_to_int: true };

const immediates = {
  none: [],
  memory: [0, 20],
  lane: [2],
  "memory lane": [0, 20, 3],
  i32: [-1],
  f32: [0x3fc00000],
  v128: [1, 2, 3, -4],
  shuffle: Array.from({ length: 16 }, (_, i) => 31 - i),
};

/** A function with this one instruction: its operands come from locals, its result goes to one. */
function alone(op: Mnemonic): WasmModule {
  const { operands, result, immediate }: Opcode = opcodes[op];
  const to = new FunctionWriter("f", "", ["address"]);
  const locals = operands.map((type) => to.local(type, "operand"));
  for (const local of locals) to.get(local);
  to.op(op, ...immediates[immediate]);
  if (result !== null) to.set(to.local(result, "result"));
  return { memoryPages: 1, names: false, functions: [to.finish()], exports: [{ name: "f", function: 0 }] };
}

test.each(Object.keys(opcodes) as Mnemonic[])("%s has its encoding", (op) => {
  const module = alone(op);
  const { bytes } = encodeModule(module);
  expect(WebAssembly.validate(bytes)).toBe(true);
  const read = readWasm(bytes, features);
  read.validate();
  expect(read.toText({})).toMatch(new RegExp(`^\\s*${op.replaceAll(".", "\\.")}\\b`, "m"));
});

test.each(Object.keys(opcodes) as Mnemonic[])("the text of %s assembles to the same bytes", (op) => {
  expect(sections(assembled(printModule(alone(op))))).toEqual(sections(encodeModule(alone(op)).bytes));
});

test("a kernel's text assembles to the same bytes", () => {
  for (const mode of ["strict", "fast"] as const) {
    const { bytes, wat } = emitWasm({
      kernels: [addressKernel()],
      entries: [{ name: "run", steps: [{ kind: "call", kernel: "addresses", args: [0, 4096], flops: 0, bytes: 0 }] }],
      functions,
      mode,
      exportKernels: true,
      memoryPages: 1,
    });
    expect(sections(assembled(wat()))).toEqual(sections(bytes));
  }
});

test("functions that can be profiled have names, and locals have names in the text", () => {
  const emitted = (exportKernels: boolean) =>
    emitWasm({ kernels: [addressKernel()], entries: [], functions, mode: "strict", exportKernels, memoryPages: 1 });
  const { bytes, wat } = emitted(true);
  const text = (module: Uint8Array): string => readWasm(module, { ...features, readDebugNames: true }).toText({});
  expect(text(bytes)).toMatch(/func \$\S*addresses\S*sample\.dl:1:2/);
  expect(text(emitted(false).bytes)).not.toContain("addresses");
  expect(wat()).toContain("(param $in i32) (param $out i32)");
});

test("the writer rejects invalid code, as a validator does", () => {
  const writer = (): FunctionWriter => new FunctionWriter("f", "", ["x"]);
  expect(() => writer().op("i32.add")).toThrow("takes i32, not nothing");
  const mixed = writer();
  mixed.op("f32.const", 0);
  expect(() => mixed.set(0)).toThrow("takes i32, not f32");
  const left = writer();
  left.i32(1);
  expect(() => left.finish()).toThrow("values left");
  const outside = writer();
  outside.i32(1);
  outside.block();
  expect(() => outside.op("i32.eqz")).toThrow("takes i32, not nothing");
});

test("the probe is a module that needs relaxed SIMD, and this host has it", () => {
  expect(relaxedSimdProbe.length).toBe(40);
  expect(WebAssembly.validate(relaxedSimdProbe)).toBe(true);
  readWasm(relaxedSimdProbe, features).validate();
  expect(() => readWasm(relaxedSimdProbe, { ...features, relaxed_simd: false })).toThrow();
});

const assembled = (wat: string): Uint8Array =>
  parseWat("module.wat", wat, features).toBinary({ canonicalize_lebs: true }).buffer;

/**
 * Sections by id, in hex, without names. An assembler may order types differently; here there is one type, or the
 * orders are equal.
 */
function sections(bytes: Uint8Array): Readonly<Record<number, string>> {
  const found: Record<number, string> = {};
  let at = 8;
  const u32 = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const id = bytes[at++] ?? 0;
    const size = u32();
    if (id !== 0) found[id] = Buffer.from(bytes.subarray(at, at + size)).toString("hex");
    at += size;
  }
  return found;
}

test("the size of a function is that of its body in the code section", () => {
  const { bytes, functionBytes } = emitWasm({
    kernels: [addressKernel()],
    entries: [{ name: "run", steps: [] }],
    functions,
    mode: "strict",
    exportKernels: false,
    memoryPages: 1,
  });
  const code = Buffer.from(sections(bytes)[10] ?? "", "hex");
  const [kernel = 0, run = 0] = functionBytes.values();
  expect([...functionBytes.keys()]).toEqual(["addresses", "run"]);
  // The number of bodies, then each with its length before it; two bytes hold that of the kernel.
  expect({ first: (code[1] ?? 0) - 0x80 + (code[2] ?? 0) * 0x80, second: code[3 + kernel] }).toEqual({
    first: kernel,
    second: run,
  });
  expect(code).toHaveLength(1 + 2 + kernel + 1 + run);
});
