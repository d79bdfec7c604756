import { invariant } from "../support/invariant.ts";
import { movesLanes, semantics } from "./arithmetic.ts";
import { f32x4, i32x4, operators, showReg, type Operator, type RegType } from "./ir.ts";

export const sameReg = (a: RegType, b: RegType): boolean => a.scalar === b.scalar && a.lanes === b.lanes;

const shifts: ReadonlySet<Operator> = new Set(["shl", "shrs", "shru"]);

/** Whether the operand at `index` is a shift count: one scalar i32 for all lanes, as in the vector shifts of hosts. */
export const isShiftCount = (op: Operator, index: number): boolean => index === 1 && shifts.has(op);

/**
 * The index of the operand whose type the others must have: 0, or 1 for `select`, whose first operand is the condition.
 */
export const leading = (op: Operator): number => (op === "select" ? 1 : 0);

/**
 * Why an operator does not take operands of these types, or null if it does. All operands have one type, except that
 * the condition of a `select` is a bool with the lanes of the branches, and the count of a shift is a scalar i32. `div`
 * and `rem` of i32 are scalar only.
 */
export function operandError(op: Operator, types: readonly RegType[]): string | null {
  if (types.length !== operators[op]) return `${op} takes ${operators[op]} operands, not ${types.length}`;
  if (op === "ramp") return null;
  const main = types[leading(op)];
  invariant(main !== undefined, `${op} has operands`);
  if (movesLanes(op)) {
    const wrong = types.find((type) => !sameReg(type, f32x4));
    return wrong === undefined ? null : `${op} takes f32x4, not ${showReg(wrong)}`;
  }
  if (semantics[op][main.scalar] === undefined) return `${op} does not take ${showReg(main)}`;
  if ((op === "div" || op === "rem") && main.scalar === "i32" && main.lanes !== 1) return `${op} of i32 is scalar only`;
  for (const [index, type] of types.entries()) {
    const wanted = expectedOperand(op, index, main);
    if (!sameReg(type, wanted)) return `operand ${index + 1} of ${op} is ${showReg(type)}, not ${showReg(wanted)}`;
  }
  return null;
}

/** The type that an operand must have, given that of the leading operand. */
function expectedOperand(op: Operator, index: number, main: RegType): RegType {
  if (isShiftCount(op, index)) return { scalar: "i32", lanes: 1 };
  if (op === "select" && index === 0) return { scalar: "bool", lanes: main.lanes };
  return main;
}

/** The result type of an operator; ill-typed operands break an invariant. */
export function resultType(op: Operator, types: readonly RegType[]): RegType {
  const error = operandError(op, types);
  invariant(error === null, error ?? "");
  if (op === "ramp") return i32x4;
  if (movesLanes(op)) return f32x4;
  const main = types[leading(op)];
  invariant(main !== undefined, `${op} has operands`);
  const { result } = semantics[op];
  return { scalar: result === "same" ? main.scalar : result, lanes: main.lanes };
}

interface Typed {
  readonly type: RegType;
  readonly kind: string;
}

/**
 * The types of operands that are written as bare numbers: among operands that must have the same type, that of the
 * first that is not a number; null if all are numbers. Printer and parser share this rule.
 */
export function operandTypes(op: Operator, args: readonly Typed[]): (RegType | null)[] {
  const shared = bareType(args.filter((_, index) => index >= leading(op) && !isShiftCount(op, index)));
  return args.map((_, index) => {
    if (isShiftCount(op, index)) return { scalar: "i32", lanes: 1 };
    return index < leading(op) ? null : shared;
  });
}

/** As `operandTypes`, for the arguments of a function, which all have the same type. */
export const bareTypes = (args: readonly Typed[]): (RegType | null)[] => args.map(() => bareType(args));

const bareType = (peers: readonly Typed[]): RegType | null => peers.find((x) => x.kind !== "const")?.type ?? null;
