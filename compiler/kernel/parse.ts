import type { Source } from "../../dsl/span.ts";
import { invariant } from "../support/invariant.ts";
import { bool, i32, type Buffer, type Element, type Kernel, type MathFunction, type Scalar, type Stmt } from "./ir.ts";
import { lex, mistake } from "./lex.ts";
import { functions } from "./math.ts";
import { isName } from "./names.ts";
import { ExprParser, type Meaning, type Signature } from "./parse-expr.ts";
import { TokenReader } from "./token-reader.ts";

/** The functions and kernels of a `.kir` text. */
export interface KernelFile {
  readonly functions: readonly MathFunction[];
  readonly kernels: readonly Kernel[];
}

/** Reads what `printKernels` and `printFunction` write. A mistake in the text is a DiagnosticError: codes kir-token, -indent, -syntax, -name, -type, -index. */
export function parseFile(source: Source): KernelFile {
  const reader = new TokenReader(lex(source));
  const own = new Map<string, MathFunction>();
  const kernels: Kernel[] = [];
  while (reader.take("end") === null) {
    const block = new BlockParser(reader, own);
    if (reader.accept("function")) {
      const fn = block.fn();
      own.set(fn.name, fn);
    } else {
      reader.expect("kernel");
      kernels.push(block.kernel());
    }
  }
  return { functions: [...own.values()], kernels };
}

/** The kernels of a text; its functions serve them only. */
export const parseKernels = (source: Source): readonly Kernel[] => parseFile(source).kernels;

/** The one kernel of a text of our own. */
export function parseKernel(text: string): Kernel {
  const [kernel, ...more] = parseKernels({ name: "<kernel>", text });
  invariant(kernel !== undefined && more.length === 0, "the text holds one kernel");
  return kernel;
}

const elements: ReadonlySet<string> = new Set(["f32", "i32", "u8", "i8", "bool"] satisfies Element[]);

class BlockParser {
  readonly #in: TokenReader;
  readonly #names = new Map<string, Meaning>();
  readonly #exprs: ExprParser;

  constructor(reader: TokenReader, own: ReadonlyMap<string, MathFunction>) {
    this.#in = reader;
    const signature = (fn: MathFunction): Signature => ({ params: fn.params, result: fn.result.type.scalar });
    this.#exprs = new ExprParser(reader, this.#names, (name) => {
      const fn = own.get(name) ?? functions.get(name);
      return fn && signature(fn);
    });
  }

  kernel(): Kernel {
    const name = this.#in.name("the kernel's name").text;
    const buffers = this.#list(() => this.#buffer());
    const origin = this.#comment();
    return { name, buffers, body: this.#block(), origin };
  }

  fn(): MathFunction {
    const name = this.#in.name("the function's name").text;
    const params = this.#list(() => this.#param());
    const doc = this.#comment();
    this.#open();
    const lets: { name: string; value: MathFunction["result"] }[] = [];
    while (this.#in.accept("let")) {
      const stmt = this.#let();
      lets.push({ name: stmt.name, value: stmt.value });
      this.#endLine();
    }
    this.#in.expect("return");
    const result = this.#exprs.parse(null);
    this.#endLine();
    this.#in.need("dedent", "the end of the function");
    return { name, doc, params, lets, result };
  }

  #list<T>(item: () => T): T[] {
    this.#in.expect("(");
    const items: T[] = [];
    while (!this.#in.accept(")")) {
      if (items.length > 0) this.#in.expect(",");
      items.push(item());
    }
    return items;
  }

  #buffer(): Buffer {
    const access = this.#in.name("in, out or inout");
    if (access.text !== "in" && access.text !== "out" && access.text !== "inout") throw mistake("kir-syntax", "expected in, out or inout", access.span);
    const name = this.#bound();
    this.#in.expect(":");
    const element = this.#in.name("an element type");
    if (!elements.has(element.text)) throw mistake("kir-type", `${element.text} is no element type`, element.span, `write one of ${[...elements].join(" ")}`);
    this.#in.expect("[");
    const size = this.#in.whole("the number of elements");
    this.#in.expect("]");
    const buffer: Buffer = { name, element: element.text as Element, size, access: access.text };
    this.#names.set(name, { kind: "buffer", buffer });
    return buffer;
  }

  #param(): { name: string; scalar: Scalar } {
    const name = this.#bound();
    this.#in.expect(":");
    const type = this.#exprs.type();
    this.#names.set(name, { kind: "var", type });
    return { name, scalar: type.scalar };
  }

  /** A name that is not bound yet. */
  #bound(): string {
    const { text, span } = this.#in.name("a name");
    if (!isName(text)) throw mistake("kir-name", `${text} is a word of the language`, span);
    if (this.#names.has(text)) throw mistake("kir-name", `${text} is bound already`, span);
    return text;
  }

  #comment(): string {
    return this.#in.take("comment")?.text.slice(1).trim() ?? "";
  }

  #endLine(): void {
    this.#comment();
    this.#in.need("newline", "the end of the line");
  }

  #open(): void {
    this.#endLine();
    this.#in.need("indent", "an indented block");
  }

  #block(): Stmt[] {
    this.#open();
    const body: Stmt[] = [];
    while (this.#in.take("dedent") === null) {
      if (this.#in.accept("pass")) this.#endLine();
      else body.push(this.#statement());
    }
    return body;
  }

  #statement(): Stmt {
    if (this.#in.accept("for")) return this.#loop(false);
    if (this.#in.accept("unroll")) return this.#loop(true);
    if (this.#in.accept("if")) return this.#if();
    const stmt = this.#simple();
    this.#endLine();
    return stmt;
  }

  #simple(): Stmt {
    if (this.#in.accept("let")) return this.#let();
    return this.#in.accept("var") ? this.#var() : this.#assignment();
  }

  #loop(unroll: boolean): Stmt {
    const name = this.#bound();
    this.#in.expect("in");
    const from = this.#exprs.parse(i32);
    this.#in.expect("..");
    const to = this.#exprs.parse(i32);
    const step = this.#in.accept("step") ? this.#in.whole("the step") : 1;
    this.#names.set(name, { kind: "var", type: i32 });
    return { kind: "for", name, from, to, step, unroll, body: this.#scoped(name) };
  }

  /** A block at whose end the names bound in it, and `also`, are gone. */
  #scoped(also?: string): Stmt[] {
    const outer = new Set(this.#names.keys());
    const body = this.#block();
    for (const name of this.#names.keys()) if (!outer.has(name) || name === also) this.#names.delete(name);
    return body;
  }

  #if(): Stmt {
    const when = this.#exprs.parse(bool);
    const then = this.#scoped();
    const otherwise = this.#in.accept("else") ? this.#scoped() : [];
    return { kind: "if", when, then, otherwise };
  }

  #let(): Stmt & { kind: "let" } {
    const name = this.#bound();
    this.#in.expect("=");
    const value = this.#exprs.parse(null);
    this.#names.set(name, { kind: "var", type: value.type });
    return { kind: "let", name, value };
  }

  #var(): Stmt {
    const name = this.#bound();
    const dims: number[] = [];
    if (this.#in.accept("[")) {
      do dims.push(this.#in.whole("a size"));
      while (this.#in.accept(","));
      this.#in.expect("]");
    }
    this.#in.expect(":");
    const type = this.#exprs.type();
    this.#in.expect("=");
    const init = this.#exprs.parse(type);
    this.#names.set(name, { kind: "register", type, dims });
    return { kind: "var", name, dims, type, init };
  }

  #assignment(): Stmt {
    const { text: name, span } = this.#in.name("a statement");
    const target = this.#names.get(name);
    if (target === undefined) throw mistake("kir-name", `there is no ${name} here`, span);
    if (target.kind === "var") throw mistake("kir-name", `${name} does not change`, span, `declare it as var ${name}`);
    const at = this.#exprs.index();
    const axes = target.kind === "buffer" ? 1 : target.dims.length;
    if (at.length !== axes) throw mistake("kir-index", `${name} has ${axes} axes, not ${at.length}`, this.#in.since(span));
    const type = target.kind === "buffer" ? this.#exprs.elementType(target.buffer) : target.type;
    this.#in.expect("=");
    const value = this.#exprs.parse(type);
    if (target.kind === "register") return { kind: "set", name, at, value };
    const [position] = at;
    invariant(position !== undefined, `an element of ${name} has a position`);
    return { kind: "store", buffer: name, at: position, value };
  }
}
