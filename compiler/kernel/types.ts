import { invariant } from "../support/invariant.ts";
import { meaning } from "./arithmetic.ts";
import { i32x4, operators, showReg, type Operator, type RegType } from "./ir.ts";

export const sameReg = (a: RegType, b: RegType): boolean => a.scalar === b.scalar && a.lanes === b.lanes;

const shifts: ReadonlySet<Operator> = new Set(["shl", "shrs", "shru"]);

/** True where the operand at `index` is the count of a shift: one i32 for all lanes, as the hosts' vector shifts have it. */
export const isShiftCount = (op: Operator, index: number): boolean => index === 1 && shifts.has(op);

/** The operand whose type all the others share: the first, except that `select` begins with its condition. */
export const leading = (op: Operator): number => (op === "select" ? 1 : 0);

/**
 * Why an operator does not take operands of these types, or null if it does. All operands have one type, except that the condition of a `select` is a
 * bool with the lanes of the branches, and the count of a shift is a scalar i32. `div` and `rem` of i32 are scalar only.
 */
export function operandError(op: Operator, types: readonly RegType[]): string | null {
  if (types.length !== operators[op]) return `${op} takes ${operators[op]} operands, not ${types.length}`;
  if (op === "ramp") return null;
  const main = types[leading(op)];
  invariant(main !== undefined, `${op} has operands`);
  if (meaning[op][main.scalar] === undefined) return `${op} does not take ${showReg(main)}`;
  if ((op === "div" || op === "rem") && main.scalar === "i32" && main.lanes !== 1) return `${op} of i32 is scalar only`;
  for (const [index, type] of types.entries()) {
    const wanted = expectedOperand(op, index, main);
    if (!sameReg(type, wanted)) return `operand ${index + 1} of ${op} is ${showReg(type)}, not ${showReg(wanted)}`;
  }
  return null;
}

/** The type of an operand, given that of the leading one. */
export function expectedOperand(op: Operator, index: number, main: RegType): RegType {
  if (isShiftCount(op, index)) return { scalar: "i32", lanes: 1 };
  if (op === "select" && index === 0) return { scalar: "bool", lanes: main.lanes };
  return main;
}

/** The type that an operator gives; ill-typed operands are an invariant failure. */
export function resultType(op: Operator, types: readonly RegType[]): RegType {
  const error = operandError(op, types);
  invariant(error === null, error ?? "");
  if (op === "ramp") return i32x4;
  const main = types[leading(op)];
  invariant(main !== undefined, `${op} has operands`);
  const { result } = meaning[op];
  return { scalar: result === "same" ? main.scalar : result, lanes: main.lanes };
}

interface Typed {
  readonly type: RegType;
  readonly kind: string;
}

/**
 * The types that the operands have where they are bare numbers in text: among operands that must agree, that of the first which is no number;
 * null where nothing tells. Printer and parser share this rule.
 */
export function operandTypes(op: Operator, args: readonly Typed[]): (RegType | null)[] {
  const shared = bareType(args.filter((_, index) => index >= leading(op) && !isShiftCount(op, index)));
  return args.map((_, index) => {
    if (isShiftCount(op, index)) return { scalar: "i32", lanes: 1 };
    return index < leading(op) ? null : shared;
  });
}

/** As `operandTypes`, for the arguments of a function: all agree. */
export const bareTypes = (args: readonly Typed[]): (RegType | null)[] => args.map(() => bareType(args));

const bareType = (peers: readonly Typed[]): RegType | null => peers.find((x) => x.kind !== "const")?.type ?? null;
