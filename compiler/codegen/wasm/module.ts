import { Bytes } from "./bytes.ts";
import type { Instruction, WasmFunction } from "./function.ts";
import {
  controls,
  emptyBlock,
  opcodes,
  valTypes,
  type Control,
  type Mnemonic,
  type Opcode,
  type ValType,
} from "./opcodes.ts";

/** A module over one imported memory, `env.memory`. Function indices are indices into `functions`. */
export interface WasmModule {
  readonly memoryPages: number;
  readonly functions: readonly WasmFunction[];
  readonly exports: readonly { readonly name: string; readonly function: number }[];
  /** Whether the binary has a name section: functions as `<name> <origin>`. */
  readonly names: boolean;
}

const section = { custom: 0, type: 1, import: 2, function: 3, export: 7, code: 10 } as const;

export interface EncodedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The size of the body of each function. */
  readonly bodyBytes: readonly number[];
}

/** The binary format. Locals have names only in the text: in the bytes they would take a fifth of the size. */
export function encodeModule(module: WasmModule): EncodedModule {
  const bodies = module.functions.map(encodeBody);
  const out = new Bytes();
  for (const byte of [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) out.byte(byte);

  const arities = [...new Set(module.functions.map((f) => f.params))];
  addSection(out, section.type, (to) =>
    list(to, arities, (arity) => {
      to.byte(0x60);
      to.u32(arity);
      for (let index = 0; index < arity; index++) to.byte(valTypes.i32);
      to.u32(0);
    }),
  );
  addSection(out, section.import, (to) => {
    to.u32(1);
    to.name("env");
    to.name("memory");
    to.byte(2);
    to.byte(0);
    to.u32(module.memoryPages);
  });
  addSection(out, section.function, (to) => list(to, module.functions, (f) => to.u32(arities.indexOf(f.params))));
  addSection(out, section.export, (to) =>
    list(to, module.exports, (exported) => {
      to.name(exported.name);
      to.byte(0);
      to.u32(exported.function);
    }),
  );
  addSection(out, section.code, (to) => list(to, bodies, (body) => to.sized(body)));
  if (module.names)
    addSection(out, section.custom, (to) => {
      to.name("name");
      addSection(to, 1, (names) =>
        list(names, module.functions, (f, index) => {
          names.u32(index);
          names.name(f.origin === "" ? f.name : `${f.name} ${f.origin}`);
        }),
      );
    });
  return { bytes: out.finish(), bodyBytes: bodies.map(({ length }) => length) };
}

function addSection(out: Bytes, id: number, fill: (to: Bytes) => void): void {
  const content = new Bytes();
  fill(content);
  out.byte(id);
  out.sized(content.finish());
}

function list<T>(to: Bytes, items: readonly T[], each: (item: T, index: number) => void): void {
  to.u32(items.length);
  items.forEach(each);
}

function encodeBody(f: WasmFunction): Uint8Array {
  const to = new Bytes();
  list(to, runs(f.locals.slice(f.params).map((local) => local.type)), ([type, count]) => {
    to.u32(count);
    to.byte(valTypes[type]);
  });
  for (const instruction of f.body) encodeInstruction(to, instruction);
  to.byte(controls.end);
  return to.finish();
}

/** Run lengths of equal types. */
function runs(types: readonly ValType[]): [ValType, number][] {
  const found: [ValType, number][] = [];
  for (const type of types) {
    const last = found.at(-1);
    if (last?.[0] === type) last[1]++;
    else found.push([type, 1]);
  }
  return found;
}

const isControl = (op: Mnemonic | Control): op is Control => op in controls;

function encodeInstruction(to: Bytes, { op, immediates }: Instruction): void {
  if (isControl(op)) {
    to.byte(controls[op]);
    if (op === "block" || op === "loop" || op === "if") to.byte(emptyBlock);
    for (const immediate of immediates) to.u32(immediate);
    return;
  }
  const { prefix, code, immediate }: Opcode = opcodes[op];
  if (prefix === 0) to.byte(code);
  else {
    to.byte(prefix);
    to.u32(code);
  }
  if (immediate === "i32") to.s32(immediates[0] as number);
  else if (immediate === "f32" || immediate === "v128") for (const word of immediates) to.word(word);
  else for (const value of immediates) to.u32(value);
}
