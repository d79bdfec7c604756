import type { Span } from "../../dsl/span.ts";
import { recoverInvariant, present } from "../support/invariant.ts";
import { at } from "../support/lists.ts";
import { sameType, showType, type TensorType } from "../types/tensor-type.ts";
import { brokenCondition, GraphBuilder, makeNode } from "./build.ts";
import type { Attrs, Graph, Node, Notes, Value } from "./ir.ts";
import type { Op, OpTable } from "./op.ts";
import { opNamed } from "./op.ts";
import { showName } from "./notation.ts";
import { parseAttrs, parseNotes, parseNumbers, parseType } from "./parse-parts.ts";
import { isRecord, parseRecords } from "./parse-provenance.ts";
import { spansOf } from "./parse-spans.ts";
import { literalType } from "./print.ts";
import { unattributed, type Provenance } from "./provenance.ts";
import { TokenReader, type Token } from "./tokens.ts";
import { verify } from "./verify.ts";

/**
 * Reads the text that `printGraph` writes. Every error is a `DiagnosticError` with its location: ir-syntax for syntax,
 * ir-name for unknown or repeated names, ir-type for attributes and types, `<op>-<label>` for a broken condition of an
 * op, ir-invalid for any other rule of the verifier.
 */
export function parseGraph(text: string, table: OpTable, name = "<graph>"): Graph {
  return new GraphParser(text, table, name).parse();
}

/** The maximal nesting depth of loops and branches. */
const mostRegions = 64;

/** The part of a line after `=`, before its type is known. */
interface Line {
  readonly op: Op;
  readonly operands: readonly (Value | number)[];
  readonly attrs: Attrs;
}

/** The names of a graph or region so far. */
interface Names {
  readonly values: Map<string, Value>;
  readonly outputs: Set<string>;
  readonly writes: Set<string>;
  readonly nexts: Set<Value>;
}

const noNames = (): Names => ({ values: new Map(), outputs: new Set(), writes: new Set(), nexts: new Set() });

class GraphParser {
  private readonly reader: TokenReader;
  private readonly spans: (comment: string) => Span | null;
  /** The provenance of each node, in the order of their lines; empty if the text has none. */
  private readonly records: readonly Provenance[];
  private nextRecord = 0;
  /** Of the current graph or region. */
  private builder: GraphBuilder;
  private names = noNames();
  private depth = 0;

  constructor(text: string, table: OpTable, name: string) {
    this.reader = new TokenReader({ name, text });
    this.spans = spansOf(text);
    this.records = this.recordsOf(text);
    this.skipLines();
    this.reader.expect("graph");
    this.builder = new GraphBuilder(this.reader.takeName("the graph's name"), table);
    this.records.forEach((record) => this.builder.lineage.adopt(record));
  }

  parse(): Graph {
    const { reader, builder } = this;
    const start = reader.peek();
    reader.expect("(");
    reader.takeList(")", () => this.input());
    this.lines();
    if (reader.peek().kind !== "end") this.write();
    const graph = builder.build();
    this.checked(start, "ir-invalid", () => verify(graph));
    return graph;
  }

  /** Everything up to the end of the text or of the region. */
  private lines(): void {
    const { reader } = this;
    this.skipLines();
    while (reader.peek().kind !== "end" && reader.peek().text !== "}") {
      if (reader.peek().kind === "id") this.line();
      else if (reader.accept("return")) this.outputs();
      else if (this.depth > 0 && reader.accept("carry")) this.carry();
      else if (this.depth > 0 && reader.accept("next")) this.next();
      else this.write();
      this.skipLines();
    }
  }

  /** `body(%x: f32[3]) {`, lines, `}`: a graph with separate value names. */
  private region(name: string): Graph {
    const { reader, builder, names } = this;
    this.skipLines();
    const start = reader.peek();
    reader.expect(name);
    if (++this.depth > mostRegions) reader.fail(start, "ir-syntax", `regions are nested more than ${mostRegions} deep`);
    [this.builder, this.names] = [new GraphBuilder(name, builder), noNames()];
    reader.expect("(");
    reader.takeList(")", () => this.input());
    reader.expect("{");
    this.lines();
    reader.expect("}");
    this.endOfLine();
    const region = this.builder.build();
    [this.builder, this.names] = [builder, names];
    this.depth--;
    return region;
  }

  /** The provenance of the node on the current line; null if the text has none. */
  private record(at: Token): Provenance | null {
    if (this.records.length === 0) return null;
    return (
      this.records[this.nextRecord++] ??
      this.reader.fail(at, "ir-syntax", "this node lacks its provenance, which the others have")
    );
  }

  private recordsOf(text: string): readonly Provenance[] {
    const comments = Array.from(text.matchAll(/#[^\n]*/g), ([comment]) => comment.trimEnd()).filter(isRecord);
    const parsed = parseRecords(comments, (location) => this.spans(location));
    if ("wrong" in parsed)
      return this.reader.fail(this.reader.peek(), "ir-syntax", `invalid provenance: ${parsed.wrong}`);
    return comments.flatMap((comment) => parsed.get(comment) ?? []);
  }

  private input(): void {
    const id = this.reader.takeKind("id", "an input");
    this.reader.expect(":");
    const type = parseType(this.reader);
    const node = this.add(
      id,
      { op: this.op("input", id), operands: [], attrs: { name: this.argumentName(id) } },
      [type],
      parseNotes(this.reader),
      null,
      this.record(id),
    );
    this.builder.inputs.push(this.define(id, node.results[0]));
  }

  private line(): void {
    const { reader } = this;
    const ids = [reader.takeKind("id", "a value")];
    while (reader.accept(",")) ids.push(reader.takeKind("id", "a value"));
    reader.expect("=");
    const start = reader.peek();
    const line = this.expression();
    reader.expect(":");
    const types = [parseType(reader)];
    while (reader.accept(",")) types.push(parseType(reader));
    const notes = parseNotes(reader);
    const record = this.record(start);
    const [first] = ids;
    if (
      record !== null &&
      first !== undefined &&
      /^%\d/.test(first.text) &&
      first.text.split(".")[0] !== `%${record.id}`
    )
      reader.fail(first, "ir-name", `the provenance below is that of #${record.id}`);
    const span = this.spanOfLine();
    const regions = (line.op.regions ?? []).map((name) => this.region(name));
    const node = this.add(start, line, types, notes, span, record, regions);
    if (ids.length !== types.length)
      reader.fail(start, "ir-type", `there are ${ids.length} names for ${types.length} types`);
    ids.forEach((id, index) => this.define(id, node.results[index]));
  }

  private expression(): Line {
    const { reader } = this;
    const token = reader.takeKind("name", "an op");
    const op = this.op(token.text, token);
    if (op.name === "constant")
      return {
        op,
        operands: [],
        attrs: reader.atNumber() ? { value: reader.takeNumber() } : { values: parseNumbers(reader) },
      };
    if (op.name === "param" || op.name === "state")
      return { op, operands: [], attrs: { path: reader.takeString("a path") } };
    if (op.name === "input") reader.fail(token, "ir-syntax", "inputs are listed in the first line");
    if (op.name === "carry") reader.fail(token, "ir-syntax", "a carry is declared by `carry %name: type`, in a region");
    const operands: (Value | number)[] = [];
    while (reader.peek().kind === "id" || reader.atNumber()) {
      operands.push(reader.atNumber() ? reader.takeNumber() : this.use());
      if (!reader.accept(",")) break;
    }
    return { op, operands, attrs: parseAttrs(reader, op) };
  }

  private outputs(): void {
    const { reader, builder, names } = this;
    do {
      const start = reader.peek();
      const name = reader.takeName("the name of an output");
      if (names.outputs.has(name)) reader.fail(start, "ir-name", `two outputs are called ${name}`);
      reader.expect("=");
      names.outputs.add(name);
      builder.output(name, this.use());
    } while (reader.accept(","));
    this.endOfLine();
  }

  private write(): void {
    const { reader, builder, names } = this;
    if (!reader.accept("write")) reader.fail(reader.peek(), "ir-syntax", "expected a node, `return` or `write`");
    const start = reader.peek();
    const path = reader.takeString("a path");
    if (names.writes.has(path)) reader.fail(start, "ir-name", `${path} is written twice`);
    reader.expect("=");
    names.writes.add(path);
    builder.write(path, this.use());
    this.endOfLine();
  }

  /** `carry %h: f32[3]` */
  private carry(): void {
    const { reader, builder } = this;
    const id = reader.takeKind("id", "a carry");
    reader.expect(":");
    const type = parseType(reader);
    const notes = parseNotes(reader);
    const span = this.spanOfLine();
    const node = this.add(
      id,
      { op: this.op("carry", id), operands: [], attrs: { name: this.argumentName(id) } },
      [type],
      notes,
      span,
      this.record(id),
    );
    const value = this.define(id, node.results[0]);
    builder.carries.push({ value, next: value });
  }

  /** `next %h = %3` */
  private next(): void {
    const { reader, builder, names } = this;
    const id = reader.peek();
    const carry = this.use();
    if (!builder.carries.some(({ value }) => value === carry)) reader.fail(id, "ir-name", `${id.text} is not a carry`);
    if (names.nexts.has(carry)) reader.fail(id, "ir-name", `${id.text} has two next values`);
    names.nexts.add(carry);
    reader.expect("=");
    builder.next(carry, this.use());
    this.endOfLine();
  }

  /** Appends a node, literals first, and compares its types with those in the text. */
  private add(
    start: Token,
    { op, operands: texts, attrs: given }: Line,
    types: readonly TensorType[],
    notes: Notes,
    span: Span | null,
    record: Provenance | null,
    regions: readonly Graph[] = [],
  ): Node {
    const { reader, builder } = this;
    const operands = this.literals(start, texts);
    const [type] = types;
    const attrs =
      op.form.kind === "leaf" && op.operands.length === 0 && type !== undefined
        ? { ...given, dtype: type.dtype, shape: type.shape }
        : given;
    const broken = this.checked(start, "ir-type", () =>
      brokenCondition(
        op,
        operands.map((value) => value.type),
        attrs,
        regions,
      ),
    );
    if (broken !== null) reader.fail(start, broken.code, broken.message);
    const provenance = record ?? builder.lineage.first(unattributed(builder.name, span));
    const node = this.checked(start, "ir-type", () => makeNode(op, operands, attrs, provenance, notes, regions));
    if (
      node.results.length !== types.length ||
      node.results.some((value, index) => !sameType(value.type, at(types, index)))
    )
      reader.fail(
        start,
        "ir-type",
        `${op.name} returns ${node.results.map((value) => showType(value.type)).join(", ")}, not ${types.map(showType).join(", ")}`,
      );
    builder.nodes.push(node);
    return node;
  }

  /** Literals become splat constants of the type of `literalType`. */
  private literals(start: Token, operands: readonly (Value | number)[]): readonly Value[] {
    const like = literalType(operands.filter((operand) => typeof operand !== "number"));
    return operands.map((operand) => {
      if (typeof operand !== "number") return operand;
      return like === undefined
        ? this.reader.fail(start, "ir-type", "no operand determines the type of the numbers")
        : this.builder.constant(like.type, operand);
    });
  }

  /** Of an input or a carry. Numbers are the names of nodes. */
  private argumentName(id: Token): string {
    const name = id.text.slice(1);
    return showName(name) === name
      ? name
      : this.reader.fail(id, "ir-name", `the name of an input or carry begins with a letter, not ${id.text}`);
  }

  private op(name: string, at: Token): Op {
    return opNamed(this.builder.table, name) ?? this.reader.fail(at, "ir-name", `unknown op ${name}`);
  }

  private use(): Value {
    const id = this.reader.takeKind("id", "a value");
    return this.names.values.get(id.text) ?? this.reader.fail(id, "ir-name", `${id.text} is not defined above`);
  }

  private define(id: Token, result: Value | undefined): Value {
    const value = present(result, "the node has fewer results than types");
    if (this.names.values.has(id.text)) this.reader.fail(id, "ir-name", `${id.text} is defined twice`);
    this.names.values.set(id.text, value);
    return value;
  }

  private skipLines(): void {
    while (this.reader.peek().kind === "newline" || this.reader.peek().kind === "comment") this.reader.take();
  }

  /** The span in the comment at the end of the line. */
  private spanOfLine(): Span | null {
    const { kind, text } = this.reader.peek();
    const span = kind === "comment" ? this.spans(text) : null;
    this.endOfLine();
    return span;
  }

  private endOfLine(): void {
    if (this.reader.peek().kind === "comment") this.reader.take();
    if (this.reader.peek().kind !== "end") this.reader.takeKind("newline", "the end of the line");
  }

  /** Reports a broken invariant of an op or of a graph as an error in the text. */
  private checked<T>(at: Token, code: string, attempt: () => T): T {
    return recoverInvariant(attempt, (says) => this.reader.fail(at, code, says));
  }
}
