import { bitsToF32 } from "./bytes.ts";
import type { Instruction, WasmFunction } from "./function.ts";
import type { WasmModule } from "./module.ts";
import { opcodes, type Immediate, type Mnemonic } from "./opcodes.ts";

/** The text format of exactly what `encodeModule` encodes. */
export function printModule(module: WasmModule): string {
  const lines = ["(module", `  (import "env" "memory" (memory ${module.memoryPages}))`];
  for (const f of module.functions) lines.push(...printFunction(f, module.functions));
  for (const exported of module.exports)
    lines.push(`  (export ${JSON.stringify(exported.name)} (func $${nameOf(module.functions, exported.function)}))`);
  lines.push(")", "");
  return lines.join("\n");
}

const nameOf = (functions: readonly WasmFunction[], index: number): string =>
  identifier(functions[index]?.name ?? String(index));

/** Identifiers of the text format have no spaces, quotes, brackets or commas. */
const identifier = (name: string): string => name.replaceAll(/[^\w.$!#%&'*+/:<=>?@\\^`|~-]/g, "_");

function printFunction(f: WasmFunction, functions: readonly WasmFunction[]): string[] {
  const names = uniqueNames(f.locals.map((local) => identifier(local.name)));
  const params = names.slice(0, f.params).map((name) => ` (param $${name} i32)`);
  const lines = [`  (func $${identifier(f.name)}${params.join("")}${f.origin === "" ? "" : ` ;; ${f.origin}`}`];
  let unused: string[] = [];
  f.locals.forEach((local, index) => {
    if (index < f.params) return;
    if (local.name === "") return void unused.push(local.type);
    if (unused.length > 0) lines.push(`    (local ${unused.join(" ")}) ;; unused`);
    unused = [];
    lines.push(`    (local $${names[index]} ${local.type})`);
  });
  let depth = 2;
  for (const instruction of f.body) {
    if (instruction.op === "end" || instruction.op === "else") depth--;
    lines.push(`${"  ".repeat(depth)}${printInstruction(instruction, names, functions)}`);
    if (instruction.op === "block" || instruction.op === "loop" || instruction.op === "if" || instruction.op === "else")
      depth++;
  }
  lines.push("  )");
  return lines;
}

/** Appends a number to repeated names. */
function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let count = 1; taken.has(unique); count++) unique = `${name}.${count}`;
    taken.add(unique);
    return unique;
  });
}

function printInstruction(
  { op, immediates }: Instruction,
  locals: readonly string[],
  functions: readonly WasmFunction[],
): string {
  const [first = 0] = immediates;
  switch (op) {
    case "local.get":
    case "local.set":
    case "local.tee":
      return `${op} $${locals[first]}`;
    case "call":
      return `call $${nameOf(functions, first)}`;
    case "br":
    case "br_if":
      return `${op} ${first}`;
    case "block":
    case "loop":
    case "if":
    case "else":
    case "end":
    case "select":
      return op;
    default:
      return [op, ...immediateText[opcodes[op as Mnemonic].immediate](immediates)].join(" ");
  }
}

type Immediates = readonly number[];

const memoryText = ([align = 0, offset = 0]: Immediates): string[] => [
  ...(offset === 0 ? [] : [`offset=${offset}`]),
  `align=${2 ** align}`,
];
const numbers = (values: Immediates): string[] => values.map(String);

const immediateText = {
  none: () => [],
  memory: memoryText,
  lane: numbers,
  "memory lane": ([align = 0, offset = 0, lane = 0]: Immediates) => [...memoryText([align, offset]), String(lane)],
  i32: numbers,
  f32: ([bits = 0]: Immediates) => [floatText(bits)],
  v128: (words: Immediates) => [
    "i32x4",
    ...words.map((word) => `0x${(word >>> 0).toString(16).padStart(8, "0")}`),
    `;; ${words.map(floatText).join(" ")}`,
  ],
  shuffle: numbers,
} as const satisfies Readonly<Record<Immediate, (immediates: Immediates) => string[]>>;

/** Shortest decimal that rounds to the number. */
function floatText(bits: number): string {
  const value = bitsToF32(bits);
  if (Number.isNaN(value))
    return (bits & 0x7fffffff) === 0x7fc00000
      ? bits >>> 31 === 1
        ? "-nan"
        : "nan"
      : `${bits >>> 31 === 1 ? "-" : ""}nan:0x${(bits & 0x7fffff).toString(16)}`;
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return Object.is(value, -0) ? "-0" : String(value);
}
