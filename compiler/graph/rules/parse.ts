/** Parses the text form of rewrite rules, which `rewrite.ts` describes. */
import { invariant, present } from "../../support/invariant.ts";
import type { Attr } from "../ir.ts";
import { parseAttr } from "../parse-parts.ts";
import type { Op, OpTable } from "../op.ts";
import { opNamed } from "../op.ts";
import { TokenReader } from "../tokens.ts";

export type RuleAttr =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "literal"; readonly value: Attr };

export type Pattern =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "variable"; readonly name: string }
  | Apply;

export interface Apply {
  readonly kind: "apply";
  readonly op: Op;
  readonly args: readonly Pattern[];
  readonly attrs: ReadonlyMap<string, RuleAttr>;
  /** Names all attributes: `{..a}`. */
  readonly rest: string | null;
  /** Names the value of the op itself: `y: conv(x, w)`. */
  readonly alias: string | null;
}

export interface RuleTrees {
  readonly left: Apply;
  readonly right: Pattern;
}

export function parseRule(text: string, table: OpTable): RuleTrees {
  const parser = new RuleParser(text, table);
  return parser.rule();
}

class RuleParser {
  private readonly reader: TokenReader;
  private readonly table: OpTable;

  constructor(text: string, table: OpTable) {
    this.reader = new TokenReader({ name: "<rule>", text: text.replaceAll("\n", " ") });
    this.table = table;
  }

  rule(): RuleTrees {
    const left = this.sum();
    invariant(left.kind === "apply", "the left side is not an op");
    this.reader.expect("=>");
    const right = this.sum();
    this.reader.takeKind("end", "the end of the rule");
    return { left, right };
  }

  private sum(): Pattern {
    return this.chain(["+", "-"], () => this.chain(["*", "/"], () => this.unary()));
  }

  /** Left-associative operators of one precedence. */
  private chain(operators: readonly string[], part: () => Pattern): Pattern {
    let left = part();
    for (
      let next = this.reader.peek();
      next.kind === "punctuation" && operators.includes(next.text);
      next = this.reader.peek()
    ) {
      this.reader.take();
      left = this.call(this.infix(next.text), [left, part()]);
    }
    return left;
  }

  private infix(sign: string): string {
    return present(
      [...this.table.values()].find(({ operator }) => operator === sign)?.name,
      `no op has the operator ${sign}`,
    );
  }

  private unary(): Pattern {
    const { reader } = this;
    const minus = reader.peek();
    if (minus.text === "-" && !numberAt(reader, 1)) {
      reader.take();
      return this.call("neg", [this.unary()]);
    }
    return numberAt(reader, minus.text === "-" ? 1 : 0)
      ? { kind: "number", value: reader.takeNumber() }
      : this.primary();
  }

  private primary(): Pattern {
    const { reader } = this;
    if (reader.accept("(")) {
      const inner = this.sum();
      reader.expect(")");
      return inner;
    }
    const { text: name } = reader.takeKind("name", "a name");
    if (reader.accept(":")) {
      const inner = this.unary();
      invariant(inner.kind === "apply" && inner.alias === null, `${name}: names no op`);
      return { ...inner, alias: name };
    }
    return reader.accept("(")
      ? this.call(
          name,
          reader.takeList(")", () => this.sum()),
        )
      : { kind: "variable", name };
  }

  /** The op of that name on its arguments, and its attributes if there are any. */
  private call(name: string, args: readonly Pattern[]): Apply {
    const { reader } = this;
    const op = opNamed(this.table, name);
    invariant(op !== undefined, `unknown op ${name}`);
    invariant(
      op.operands === "variadic" || op.operands.length === args.length,
      `${name} takes ${op.operands.length} operands, not ${args.length}`,
    );
    const attrs = new Map<string, RuleAttr>();
    let rest: string | null = null;
    if (reader.accept("{"))
      reader.takeList("}", () => {
        if (reader.accept("..")) rest = reader.takeKind("name", "a name").text;
        else this.attr(op, attrs);
      });
    return { kind: "apply", op, args, attrs, rest, alias: null };
  }

  /** `axes`, `axes=p` or `axes=[0,1]`. */
  private attr(op: Op, attrs: Map<string, RuleAttr>): void {
    const { reader } = this;
    const { text: name } = reader.takeKind("name", "the name of an attribute");
    const kind = Object.hasOwn(op.attrs, name) ? op.attrs[name] : undefined;
    invariant(kind !== undefined, `${op.name} has no attribute ${name}`);
    invariant(!attrs.has(name), `${name} is given twice`);
    if (!reader.accept("=")) attrs.set(name, { kind: "name", name });
    else if (reader.peek().kind === "name" && !literalWords.has(reader.peek().text))
      attrs.set(name, { kind: "name", name: reader.take().text });
    else attrs.set(name, { kind: "literal", value: parseAttr(reader, kind) });
  }
}

/** Words that are attribute values, never names. */
const literalWords: ReadonlySet<string> = new Set([
  "true",
  "false",
  "inf",
  "nan",
  "f32",
  "f64",
  "i32",
  "u8",
  "i8",
  "bool",
]);

function numberAt(reader: TokenReader, ahead: number): boolean {
  const { kind, text } = reader.peek(ahead);
  return kind === "number" || text === "inf" || text === "nan";
}
