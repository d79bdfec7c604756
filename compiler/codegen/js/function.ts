import { invariant, never, present } from "../../support/invariant.ts";
import { expand } from "../../kernel/expand.ts";
import type { Sizable, Expr, Kernel, MathFunction, Stmt } from "../../kernel/ir.ts";
import { apply, int } from "../../kernel/fold.ts";
import { Names } from "../../kernel/names.ts";
import { some } from "../../kernel/walk.ts";
import { bare, code, laneName, position, sum, type ExprContext } from "./expressions.ts";
import { taken, views } from "./helpers.ts";

/** The helpers, views and math functions that the functions of a module use, with their names. */
export interface ModuleNames {
  use(name: string): string;
  fn(name: string): string;
  /** The name of an array for the register arrays of one kernel at a time, of at least this length. */
  registers(length: number): string;
  /** Names that locals must not have. */
  readonly globals: readonly string[];
}

/** A kernel as a JavaScript function of the byte offsets of its buffers and of its scalars, line by line. */
export function kernelLines(name: string, kernel: Kernel, module: ModuleNames): string[] {
  const writer = new FunctionWriter(module, kernel.buffers, false);
  const params = [
    ...kernel.buffers.map((buffer) => writer.declare(buffer.name)),
    ...(kernel.scalars ?? []).map((scalar) => writer.declareIndex(scalar)),
  ];
  for (const [index, buffer] of kernel.buffers.entries()) {
    const { shift } = views[buffer.element];
    if (shift > 0) writer.line(`${params[index]} >>= ${shift};`);
  }
  writer.block(expand(kernel).body);
  const origin = kernel.origin === "" ? "" : ` // ${kernel.origin}`;
  return [`function ${name}(${params.join(", ")}) {${origin}`, ...writer.lines, "}"];
}

/** A math function, line by line. */
export function mathLines(name: string, fn: MathFunction, module: ModuleNames): string[] {
  const writer = new FunctionWriter(module, [], true);
  const params = fn.params.map((param) => writer.declare(param.name));
  for (const { name: local, value } of fn.lets) writer.assign("const", local, value);
  writer.line(`return ${writer.text(fn.result)};`);
  return [`function ${name}(${params.join(", ")}) { // ${fn.doc}`, ...writer.lines, "}"];
}

class FunctionWriter {
  readonly lines: string[] = [];
  readonly #names: Names;
  readonly #locals = new Map<string, string>();
  readonly #shared = new Map<Expr, string>();
  readonly #module: ModuleNames;
  readonly #arrays = new Map<string, { readonly start: number; readonly dims: readonly number[] }>();
  #registers = 0;
  /** The variables that do not depend on data. */
  readonly #indices = new Set<string>();
  readonly #context: ExprContext;
  #depth = 1;

  constructor(module: ModuleNames, buffers: readonly Sizable[], isBound: boolean) {
    this.#module = module;
    this.#names = new Names([...taken, ...module.globals]);
    const byName = new Map(buffers.map((b) => [b.name, b]));
    this.#context = {
      local: (name) => present(this.#locals.get(name), `${name} is not declared`),
      buffer: (name) => present(byName.get(name), `unknown buffer ${name}`),
      fn: (name) => module.fn(name),
      use: (name) => module.use(name),
      share: (of, text) => this.#share(of, text),
      element: (name, at) => this.#element(name, at),
      isBound,
      isData: (x) => this.#isData(x),
    };
  }

  #isData(x: Expr): boolean {
    return some(
      x,
      (e) => e.kind === "load" || e.kind === "register" || (e.kind === "var" && !this.#indices.has(e.name)),
    );
  }

  line(text: string): void {
    this.lines.push(`${"  ".repeat(this.#depth)}${text}`);
  }

  /** The JavaScript name of a name of the kernel. */
  declare(name: string): string {
    const local = this.#names.fresh(name);
    this.#locals.set(name, local);
    return local;
  }

  /** The name of a variable that does not depend on data. */
  declareIndex(name: string): string {
    this.#indices.add(name);
    return this.declare(name);
  }

  text(x: Expr, lane = 0): string {
    return bare(code(x, lane, this.#context));
  }

  /** `const x = ...`, a line for each lane. */
  assign(keyword: "const" | "let", name: string, value: Expr): void {
    this.#shared.clear();
    const lanes = this.#lanes(value);
    if (keyword === "const" && !this.#isData(value)) this.#indices.add(name);
    const local = this.declare(name);
    for (const [lane, text] of lanes.entries())
      this.line(`${keyword} ${laneName(local, lanes.length, lane)} = ${text};`);
  }

  block(body: readonly Stmt[]): void {
    for (const stmt of body) {
      this.#shared.clear();
      this.#statement(stmt);
    }
  }

  #statement(stmt: Stmt): void {
    switch (stmt.kind) {
      case "for":
        return this.#loop(stmt);
      case "let":
        return this.assign("const", stmt.name, stmt.value);
      case "var":
        return stmt.dims.length > 0 ? this.#array(stmt) : this.assign("let", stmt.name, stmt.init);
      case "set": {
        if (stmt.at.length > 0) return this.line(`${this.#element(stmt.name, stmt.at)} = ${this.text(stmt.value)};`);
        const local = this.#context.local(stmt.name);
        for (const [lane, text] of this.#lanes(stmt.value).entries())
          this.line(`${laneName(local, stmt.value.type.lanes, lane)} = ${text};`);
        return;
      }
      case "store":
        return this.#store(stmt);
      case "if":
        this.line(`if (${this.text(stmt.when)}) {`);
        this.#nested(stmt.then);
        if (stmt.otherwise.length > 0) {
          this.line("} else {");
          this.#nested(stmt.otherwise);
        }
        this.line("}");
        return;
      default:
        return never(stmt);
    }
  }

  /** A register array in memory, filled. */
  #array(stmt: Stmt & { kind: "var" }): void {
    invariant(stmt.type.lanes === 1, `the array ${stmt.name} is of single numbers`);
    const size = stmt.dims.reduce((product, dim) => product * dim, 1);
    this.#arrays.set(stmt.name, { start: this.#registers, dims: stmt.dims });
    this.#registers += size;
    const array = this.#module.registers(this.#registers);
    const i = this.#names.fresh("i");
    this.line(
      `for (let ${i} = ${this.#registers - size}; ${i} < ${this.#registers}; ${i}++) ${array}[${i}] = ${this.text(stmt.init)};`,
    );
  }

  #element(name: string, at: readonly Expr[]): string {
    const { start, dims } = present(this.#arrays.get(name), `${name} is not an array`);
    const flat = at.reduce((index, x, axis) => apply("add", [apply("mul", [index, int(dims[axis] ?? 1)]), x]), int(0));
    return `${this.#module.registers(this.#registers)}[${sum(apply("add", [flat, int(start)]), this.#context)}]`;
  }

  #loop(stmt: Stmt & { kind: "for" }): void {
    const from = this.text(stmt.from);
    const end =
      stmt.to.kind === "const" || stmt.to.kind === "var"
        ? this.text(stmt.to)
        : this.#temporary("end", this.text(stmt.to));
    const i = this.declareIndex(stmt.name);
    this.line(`for (let ${i} = ${from}; ${i} < ${end}; ${stmt.step === 1 ? `${i}++` : `${i} += ${stmt.step}`}) {`);
    this.#nested(stmt.body);
    this.line("}");
  }

  // All lanes of a value are computed before any is stored: a later lane may read an element that the first one
  // overwrites.
  #store(stmt: Stmt & { kind: "store" }): void {
    const buffer = this.#context.buffer(stmt.buffer);
    const view = this.#context.use(views[buffer.element].name);
    const at = position(stmt.buffer, stmt.at, this.#context);
    const lanes =
      buffer.element === "bool" ? this.#lanes(stmt.value, (text) => `${text} ? 1 : 0`) : this.#lanes(stmt.value);
    if (lanes.length === 1) return this.line(`${view}[${at}] = ${lanes[0]};`);
    const start = this.#temporary("at", at);
    const values =
      stmt.value.kind === "const" || stmt.value.kind === "var"
        ? lanes
        : lanes.map((text) => this.#temporary("v", text));
    for (const [lane, text] of values.entries())
      this.line(`${view}[${lane === 0 ? start : `${start} + ${lane}`}] = ${text};`);
  }

  #nested(body: readonly Stmt[]): void {
    this.#depth++;
    this.block(body);
    this.#depth--;
  }

  #lanes(value: Expr, finish: (piece: string) => string = bare): string[] {
    return Array.from({ length: value.type.lanes }, (_, lane) => finish(code(value, lane, this.#context)));
  }

  #share(of: Expr, text: () => string): string {
    const known = this.#shared.get(of);
    if (known !== undefined) return known;
    const name = this.#temporary("t", bare(text()));
    this.#shared.set(of, name);
    return name;
  }

  #temporary(hint: string, text: string): string {
    const name = this.#names.fresh(hint);
    this.line(`const ${name} = ${text};`);
    return name;
  }
}
