import type { BinaryOperator, Expr, UnaryOperator } from "./ast.ts";
import { present } from "./invariant.ts";
import type { DiagnosticList } from "./diagnostic-list.ts";
import { cover, type Span } from "./span.ts";

/** How tightly operators bind, loosest first. All but `^` group to the left; comparisons do not group at all. */
export const binaryPrecedence = {
  "|>": 1,
  or: 2,
  and: 3,
  "==": 5,
  "!=": 5,
  "<": 5,
  "<=": 5,
  ">": 5,
  ">=": 5,
  "+": 6,
  "-": 6,
  "*": 7,
  "/": 7,
  "%": 7,
  "@": 7,
  "^": 9,
} as const satisfies Record<BinaryOperator | "|>", number>;

/** `-x ^ 2` is `-(x ^ 2)`, `not a == b` is `not (a == b)`. */
export const unaryPrecedence = { not: 4, "-": 8 } as const satisfies Record<UnaryOperator, number>;

export const comparison = 5;
export const postfix = 10;

export type Infix = keyof typeof binaryPrecedence;

export interface Operator<T> {
  readonly op: T;
  readonly span: Span;
}

export interface Operand {
  readonly prefixes: readonly Operator<UnaryOperator>[];
  readonly value: Expr;
  /** Includes the parentheses, which `value` does not have. */
  readonly span: Span;
}

type Pending = (Operator<UnaryOperator> & { readonly unary: true }) | (Operator<Infix> & { readonly unary: false });

/**
 * Folds `operand operator operand ...` to a tree with two stacks (Dijkstra's shunting yard), so that a long line needs
 * no deep call stack.
 */
export function fold(
  operands: readonly Operand[],
  operators: readonly Operator<Infix>[],
  diagnostics: DiagnosticList,
): Expr {
  const values: { readonly value: Expr; readonly span: Span }[] = [];
  const pending: Pending[] = [];

  const reduce = (): void => {
    const operator = present(pending.pop(), "an operator waits");
    const right = present(values.pop(), "an operator has an operand");
    if (operator.unary) {
      const span = cover(operator.span, right.span);
      values.push({ value: { kind: "unary", op: operator.op, value: right.value, span }, span });
      return;
    }
    const left = present(values.pop(), "an operator has two operands");
    const span = cover(left.span, right.span);
    const { op } = operator;
    values.push({
      span,
      value:
        op === "|>"
          ? { kind: "pipe", value: left.value, into: right.value, span }
          : { kind: "binary", op, left: left.value, right: right.value, opSpan: operator.span, span },
    });
  };

  /** Continues as if `a < b < c` were `a < b and b < c`, so that elaboration reports nothing else. */
  const again = (span: Span): void => {
    const { value } = present(values.at(-1), "a comparison was reduced");
    if (value.kind !== "binary") return;
    pending.push({ op: "and", span, unary: false });
    values.push({ value: value.right, span: value.right.span });
  };

  for (const [i, operand] of operands.entries()) {
    const operator = operators[i - 1];
    if (operator) {
      const binds = binaryPrecedence[operator.op];
      for (
        let top = pending.at(-1);
        top && (strength(top) > binds || (strength(top) === binds && operator.op !== "^"));
        top = pending.at(-1)
      ) {
        reduce();
        if (top.unary || strength(top) !== comparison || binds !== comparison) continue;
        chained(top, operator, diagnostics);
        again(operator.span);
      }
      pending.push({ ...operator, unary: false });
    }
    for (const prefix of operand.prefixes) pending.push({ ...prefix, unary: true });
    values.push({ value: operand.value, span: operand.span });
  }
  while (pending.length > 0) reduce();
  return present(values[0], "an expression has a value").value;
}

function strength(operator: Pending): number {
  return operator.unary ? unaryPrecedence[operator.op] : binaryPrecedence[operator.op];
}

function chained(first: Operator<Infix>, second: Operator<Infix>, diagnostics: DiagnosticList): void {
  diagnostics.add({
    code: "E0108",
    says: "comparisons cannot be chained",
    at: { span: second.span, says: "the second comparison" },
    also: [{ span: first.span, says: "the first comparison" }],
    help: `write \`a ${first.op} b and b ${second.op} c\``,
  });
}
