import { never } from "../support/invariant.ts";
import type { Const } from "./fold.ts";
import {
  bool,
  f32,
  i32,
  registerOf,
  showReg,
  type Expr,
  type Kernel,
  type MathFunction,
  type Operator,
  type RegType,
  type Stmt,
} from "./ir.ts";
import { infix, prefix, prefixLevel, showFloat } from "./operator-syntax.ts";
import { bareTypes, operandTypes, sameReg } from "./types.ts";

// The text of a kernel, `.kir`: it parses back (parse.ts) to the same kernel.
//
//   kernel axpy(in x: f32[64], inout y: f32[64])   # model.dl:3:5
//     for i in 0..64 step 4
//       y[i]:f32x4 = madd(x[i]:f32x4, 0.5, y[i]:f32x4)
//
// A scalar of the kernel is written after the buffers: `kernel zero(out x: f32[n], n: i32)`.
//
// A number takes the type of the other operand; where that has none, the number's type is written: `1:f32x4`.

const width = 160;

export const printKernels = (kernels: readonly Kernel[]): string => kernels.map(printKernel).join("\n");

export function printKernel(kernel: Kernel): string {
  const buffers = kernel.buffers.map((b) => `${b.access} ${b.name}: ${b.element}[${b.size}]`);
  const params = [...buffers, ...(kernel.scalars ?? []).map((name) => `${name}: i32`)];
  const line = `kernel ${kernel.name}(${params.join(", ")})`;
  const head = line.length <= width ? line : `kernel ${kernel.name}(\n    ${params.join(",\n    ")}\n)`;
  return `${head}${comment(kernel.origin)}\n${block(new Printer(kernel), kernel.body, 1)}`;
}

export function printFunction(fn: MathFunction): string {
  const params = fn.params.map((p) => `${p.name}: ${p.scalar}`);
  const printer = new Printer(null);
  const lets = fn.lets.map((l) => `  let ${l.name} = ${printer.expr(l.value, null)}\n`);
  return `function ${fn.name}(${params.join(", ")})${comment(fn.doc)}\n${lets.join("")}  return ${printer.expr(fn.result, null)}\n`;
}

const comment = (text: string): string => (text === "" ? "" : `   # ${text}`);

export const printExpr = (x: Expr): string => new Printer(null).expr(x, null);

function block(printer: Printer, body: readonly Stmt[], depth: number): string {
  const margin = "  ".repeat(depth);
  if (body.length === 0) return `${margin}pass\n`;
  return body.map((stmt) => `${margin}${printer.head(stmt)}\n${inner(printer, stmt, depth)}`).join("");
}

function inner(printer: Printer, stmt: Stmt, depth: number): string {
  if (stmt.kind === "for") return block(printer, stmt.body, depth + 1);
  if (stmt.kind !== "if") return "";
  const then = block(printer, stmt.then, depth + 1);
  return stmt.otherwise.length === 0
    ? then
    : `${then}${"  ".repeat(depth)}else\n${block(printer, stmt.otherwise, depth + 1)}`;
}

class Printer {
  readonly #elements = new Map<string, RegType>();
  readonly #registers = new Map<string, RegType>();

  constructor(kernel: Kernel | null) {
    for (const b of kernel?.buffers ?? []) this.#elements.set(b.name, { scalar: registerOf(b.element), lanes: 1 });
  }

  /** The first line of a statement, without its blocks. */
  head(stmt: Stmt): string {
    switch (stmt.kind) {
      case "for": {
        const step = stmt.step === 1 ? "" : ` step ${stmt.step}`;
        return `${stmt.unroll ? "unroll" : "for"} ${stmt.name} in ${this.expr(stmt.from, i32)}..${this.expr(stmt.to, i32)}${step}`;
      }
      case "let":
        return `let ${stmt.name} = ${this.expr(stmt.value, null)}`;
      case "var": {
        this.#registers.set(stmt.name, stmt.type);
        const dims = stmt.dims.length === 0 ? "" : `[${stmt.dims.join(",")}]`;
        return `var ${stmt.name}${dims}: ${showReg(stmt.type)} = ${this.expr(stmt.init, stmt.type)}`;
      }
      case "set":
        return `${stmt.name}${this.#index(stmt.at)} = ${this.expr(stmt.value, this.#registers.get(stmt.name) ?? null)}`;
      case "store": {
        const target = this.#element(stmt.buffer, stmt.at, stmt.value.type);
        return `${target} = ${this.expr(stmt.value, stmt.value.type)}`;
      }
      case "if":
        return `if ${this.expr(stmt.when, bool)}`;
      default:
        return never(stmt);
    }
  }

  /**
   * `expected` is the type of a number written without one. An expression that binds less tightly than `level` is put
   * in parentheses.
   */
  expr(x: Expr, expected: RegType | null, level = 0): string {
    switch (x.kind) {
      case "const":
        return literal(x, expected);
      case "var":
        return x.name;
      case "register":
        return `${x.name}${this.#index(x.at)}`;
      case "load":
        return this.#element(x.buffer, x.at, x.type);
      case "splat":
        return parenthesized(`splat ${this.expr(x.value, null, prefixLevel)}`, prefixLevel, level);
      case "lane":
        return `lane(${this.expr(x.value, null)}, ${x.lane})`;
      case "call":
        return this.#call(x.fn, x.args, bareTypes(x.args));
      case "apply":
        return this.#apply(x.op, x.args, level);
      default:
        return never(x);
    }
  }

  #apply(op: Operator, args: readonly Expr[], level: number): string {
    const sign = infix.get(op);
    const types = operandTypes(op, args);
    const [a, b] = args;
    if (sign && a && b) {
      const around = operandLevel(sign.level);
      const text = `${this.expr(a, types[0] ?? null, around)} ${sign.sign} ${this.expr(b, types[1] ?? null, Math.max(around, sign.level + 1))}`;
      return parenthesized(text, sign.level, level);
    }
    const before = prefix.get(op);
    if (before && a && a.kind !== "const")
      return parenthesized(`${before}${this.expr(a, null, prefixLevel)}`, prefixLevel, level);
    return this.#call(op, args, types);
  }

  #call(name: string, args: readonly Expr[], types: readonly (RegType | null)[]): string {
    return `${name}(${args.map((x, index) => this.expr(x, types[index] ?? null)).join(", ")})`;
  }

  #element(buffer: string, at: Expr, type: RegType): string {
    const element = this.#elements.get(buffer);
    const lanes = element && sameReg(element, type) ? "" : `:${showReg(type)}`;
    return `${buffer}[${this.expr(at, i32)}]${lanes}`;
  }

  #index(at: readonly Expr[]): string {
    return at.length === 0 ? "" : `[${at.map((x) => this.expr(x, i32)).join(",")}]`;
  }
}

/**
 * The level below which an operand gets parentheses. Few people know the relative precedence of `&`, `<<` and `+`, so
 * these always get them.
 */
function operandLevel(level: number): number {
  const arithmetic = infix.get("add")?.level ?? 0;
  if (level >= arithmetic) return level;
  return level === infix.get("eq")?.level ? arithmetic : prefixLevel;
}

const parenthesized = (text: string, own: number, around: number): string => (own < around ? `(${text})` : text);

/** `0.5` where the type is expected, else `0.5:f32x4`. */
function literal(x: Const, expected: RegType | null): string {
  const text = showConst(x);
  return expected && sameReg(expected, x.type) ? text : `${text}:${showReg(x.type)}`;
}

function showConst(x: Const): string {
  if (x.type.scalar === "bool") return x.value !== 0 ? "true" : "false";
  return x.type.scalar === f32.scalar ? showFloat(x.value) : String(x.value);
}
