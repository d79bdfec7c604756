import type { Source, Span } from "../../dsl/span.ts";
import { recoverInvariant, invariant } from "../support/invariant.ts";
import { bool, i32, type Sizable, type Element, type Kernel, type MathFunction, type Scalar, type Stmt } from "./ir.ts";
import { lex, kirError } from "./lex.ts";
import { functions } from "./math.ts";
import { isName } from "./names.ts";
import { ExprParser, type Binding, type Signature } from "./parse-expr.ts";
import { TokenReader } from "./token-reader.ts";
import { verifyKernel } from "./verify.ts";

/** The functions and kernels of a `.kir` text. */
export interface KernelFile {
  readonly functions: readonly MathFunction[];
  readonly kernels: readonly Kernel[];
}

/**
 * Parses the output of `printKernels` and `printFunction`. An error in the text is a DiagnosticError with one of the
 * codes kir-token, -indent, -syntax, -name, -type, -index and -invalid.
 */
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
      const { span } = reader.expect("kernel");
      const kernel = block.kernel();
      verified(kernel, own, span);
      kernels.push(kernel);
    }
  }
  return { functions: [...own.values()], kernels };
}

/** Verifies a parsed kernel: a broken invariant is an error in the text. */
function verified(kernel: Kernel, own: ReadonlyMap<string, MathFunction>, at: Span): void {
  recoverInvariant(
    () => verifyKernel(kernel, own),
    (message) => {
      throw kirError("kir-invalid", message, at);
    },
  );
}

/** The kernels of a text, which may define functions for them. */
export const parseKernels = (source: Source): readonly Kernel[] => parseFile(source).kernels;

/** The kernel of a text that must have exactly one. */
export function parseKernel(text: string): Kernel {
  const [kernel, ...more] = parseKernels({ name: "<kernel>", text });
  invariant(kernel !== undefined && more.length === 0, "the text must have one kernel");
  return kernel;
}

const elements: ReadonlySet<string> = new Set(["f32", "i32", "u8", "i8", "bool"] satisfies Element[]);

const isAccess = (text: string): text is Sizable["access"] => text === "in" || text === "out" || text === "inout";

const maxNesting = 200;

class BlockParser {
  readonly #in: TokenReader;
  readonly #names = new Map<string, Binding>();
  readonly #exprs: ExprParser;
  /** The names in the order of their definitions. */
  readonly #order: string[] = [];
  #blocks = 0;

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
    const buffers: Sizable[] = [];
    const scalars: string[] = [];
    this.#list(() => {
      if (isAccess(this.#in.peek().text) || buffers.length === 0) buffers.push(this.#buffer());
      else scalars.push(this.#scalar());
    });
    const origin = this.#comment();
    return { name, buffers, ...(scalars.length > 0 && { scalars }), body: this.#block(), origin };
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

  #buffer(): Sizable {
    const access = this.#in.name("in, out or inout");
    if (!isAccess(access.text)) throw kirError("kir-syntax", "expected in, out or inout", access.span);
    const name = this.#newName();
    this.#in.expect(":");
    const element = this.#in.name("an element type");
    if (!elements.has(element.text))
      throw kirError(
        "kir-type",
        `unknown element type ${element.text}`,
        element.span,
        `write one of ${[...elements].join(" ")}`,
      );
    this.#in.expect("[");
    const size = this.#in.take("name")?.text ?? this.#in.whole("the number of elements");
    this.#in.expect("]");
    const buffer: Sizable = { name, element: element.text as Element, size, access: access.text };
    this.#bind(name, { kind: "buffer", buffer });
    return buffer;
  }

  #scalar(): string {
    const name = this.#newName();
    this.#in.expect(":");
    this.#in.expect("i32");
    this.#bind(name, { kind: "var", type: i32 });
    return name;
  }

  #param(): { name: string; scalar: Scalar } {
    const name = this.#newName();
    this.#in.expect(":");
    const type = this.#exprs.type();
    this.#bind(name, { kind: "var", type });
    return { name, scalar: type.scalar };
  }

  #bind(name: string, binding: Binding): void {
    this.#names.set(name, binding);
    this.#order.push(name);
  }

  /** A name that is not defined yet. */
  #newName(): string {
    const { text, span } = this.#in.name("a name");
    if (!isName(text)) throw kirError("kir-name", `${text} is a keyword`, span);
    if (this.#names.has(text)) throw kirError("kir-name", `${text} is already defined`, span);
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
    if (++this.#blocks > maxNesting)
      throw kirError("kir-syntax", `blocks may be nested at most ${maxNesting} deep`, this.#in.peek().span);
    const body: Stmt[] = [];
    while (this.#in.take("dedent") === null) {
      if (this.#in.accept("pass")) this.#endLine();
      else body.push(this.#statement());
    }
    this.#blocks--;
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
    const name = this.#newName();
    this.#in.expect("in");
    const from = this.#exprs.parse(i32);
    this.#in.expect("..");
    const to = this.#exprs.parse(i32);
    const step = this.#in.accept("step") ? this.#in.whole("the step") : 1;
    const mark = this.#order.length;
    this.#bind(name, { kind: "var", type: i32 });
    return { kind: "for", name, from, to, step, unroll, body: this.#scoped(mark) };
  }

  /** Parses a block, then removes the names defined in it, or since there were `mark` names. */
  #scoped(mark = this.#order.length): Stmt[] {
    const body = this.#block();
    for (const name of this.#order.splice(mark)) this.#names.delete(name);
    return body;
  }

  #if(): Stmt {
    const when = this.#exprs.parse(bool);
    const then = this.#scoped();
    const otherwise = this.#in.accept("else") ? this.#scoped() : [];
    return { kind: "if", when, then, otherwise };
  }

  #let(): Stmt & { kind: "let" } {
    const name = this.#newName();
    this.#in.expect("=");
    const value = this.#exprs.parse(null);
    this.#bind(name, { kind: "var", type: value.type });
    return { kind: "let", name, value };
  }

  #var(): Stmt {
    const name = this.#newName();
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
    this.#bind(name, { kind: "register", type, dims });
    return { kind: "var", name, dims, type, init };
  }

  #assignment(): Stmt {
    const { text: name, span } = this.#in.name("a statement");
    const target = this.#names.get(name);
    if (target === undefined) throw kirError("kir-name", `unknown name ${name}`, span);
    if (target.kind === "var") throw kirError("kir-name", `${name} is immutable`, span, `declare it as var ${name}`);
    const at = this.#exprs.index();
    const axes = target.kind === "buffer" ? 1 : target.dims.length;
    if (at.length !== axes)
      throw kirError("kir-index", `${name} has ${axes} axes, not ${at.length}`, this.#in.since(span));
    const type = target.kind === "buffer" ? this.#exprs.elementType(target.buffer) : target.type;
    this.#in.expect("=");
    const value = this.#exprs.parse(type);
    if (target.kind === "register") return { kind: "set", name, at, value };
    const [position] = at;
    invariant(position !== undefined, `an element of ${name} has an index`);
    return { kind: "store", buffer: name, at: position, value };
  }
}
