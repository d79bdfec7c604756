import { didYouMean } from "../../../dsl/suggest.ts";
import type { Arg, DlValue, Env, Target } from "../context.ts";
import { report } from "../errors.ts";
import { parameterHint } from "../migration-hints.ts";
import { type Signature, split, takesTensor, usage } from "./signatures.ts";
import { asType, isOfNumbers } from "./static-types.ts";
import { isNumberList } from "./number-lists.ts";
import { describe, functionName, holdsTensor, isNumber } from "./values.ts";

export interface Bound {
  readonly values: ReadonlyMap<string, Arg>;
  /** Operands of a variadic op. */
  readonly parts: readonly Arg[];
}

/**
 * Binds each argument to its parameter, see `bindByKind`; where that leaves a required argument out, has too many
 * tensors or a static value of the wrong type, the parentheses in which the arguments are written decide. Null after a
 * report.
 */
export function bindArguments(env: Env, target: Target, signature: Signature, args: readonly Arg[]): Bound | null {
  if (!checkNames(env, target, signature, args)) return null;
  const named = bindNamed(env, target, args);
  if (named === null) return null;
  const positional = args.filter((arg) => arg.name === null);
  const usual =
    bindOperandsFirst(target, signature, named, positional) ?? bindByKind(target, signature, named, positional);
  const { excess } = usual;
  const fails =
    excess !== null ||
    signature.statics.some(({ name, required }) => {
      const arg = usual.values.get(name);
      return arg === undefined ? required : arg.name === null && !accepts(target, name, arg.value);
    });
  const written =
    fails && !signature.variadic && positional.some((arg) => holdsTensor(arg.value))
      ? bindByPosition(target, signature, named, positional)
      : null;
  if (written !== null) return written;
  if (excess === null) return usual;
  const what = holdsTensor(excess.value) ? "tensors" : "arguments";
  report(env.context, "E0403", excess.span, `too many ${what} for \`${functionName(target)}\``, {
    label: describe(excess.value),
    help: usage(functionName(target), signature),
  });
  return null;
}

/** The named arguments; null after a report of one that is given twice. */
function bindNamed(env: Env, target: Target, args: readonly Arg[]): ReadonlyMap<string, Arg> | null {
  const values = new Map<string, Arg>();
  for (const arg of args) {
    if (arg.name === null) continue;
    if (values.has(arg.name)) {
      const says = `duplicate argument \`${arg.name}\` of \`${functionName(target)}\``;
      report(env.context, "E0405", arg.nameSpan ?? arg.span, says, {
        also: [{ span: values.get(arg.name)?.nameSpan ?? arg.span, says: "first given here" }],
      });
      return null;
    }
    values.set(arg.name, arg);
  }
  return values;
}

/**
 * Positional tensors go to tensor parameters in order; other positional values to static parameters in order while any
 * is left, then to tensor parameters as literals, or if both are in one list to the next of it. `excess` is the first
 * argument without a parameter.
 */
function bindByKind(
  target: Target,
  signature: Signature,
  named: ReadonlyMap<string, Arg>,
  positional: readonly Arg[],
): Bound & { readonly excess: Arg | null } {
  const values = new Map(named);
  const parts: Arg[] = [];
  const freeTensors = signature.tensors.filter((p) => !values.has(p));
  const freeStatics = signature.statics.map((s) => s.name).filter((p) => !values.has(p));
  const nextOfList = (): string | undefined =>
    signature.order.find((p) => freeTensors.includes(p) || freeStatics.includes(p));
  // A number goes to the next parameter of a single list, `close(x, 1, 1e-6)`; with two lists, to the static ones
  // before the tensors.
  const nextFree = (): string | undefined => {
    const name = nextOfList() ?? freeStatics[0] ?? freeTensors[0];
    for (const free of [freeStatics, freeTensors])
      if (name !== undefined && free.includes(name)) free.splice(free.indexOf(name), 1);
    return name;
  };
  for (const arg of positional) {
    const table = isNumberList(arg.value) && isTable(target, arg, nextOfList() ?? freeStatics[0]);
    const tensor = table || holdsTensor(arg.value);
    if (signature.variadic && tensor) {
      parts.push(
        ...((arg.value.kind === "list" && !(table && isFlat(arg.value))) || arg.value.kind === "tuple"
          ? arg.value.items.map((value) => ({ ...arg, value }))
          : [arg]),
      );
      continue;
    }
    // So does a scalar tensor, which may be passed as a static number.
    const next = tensor && isLoose(arg) ? nextOfList() : undefined;
    const parameter =
      !tensor || (next !== undefined && freeStatics.includes(next))
        ? nextFree()
        : (freeTensors.shift() ?? looseStatic(arg, freeStatics));
    if (parameter === undefined) return { values, parts, excess: arg };
    values.set(parameter, arg);
  }
  return { values, parts, excess: null };
}

/**
 * All arguments in one pair of parentheses, and none of them a tensor: the operands come first, as tensors do, in
 * `reshape([1, 2], [2, 1])`. Null if arguments are left out, or the others are not of the types of the static
 * parameters.
 */
function bindOperandsFirst(
  target: Target,
  signature: Signature,
  named: ReadonlyMap<string, Arg>,
  positional: readonly Arg[],
): (Bound & { readonly excess: null }) | null {
  if (signature.variadic || signature.order.length > 0) return null;
  const operands = signature.tensors.filter((name) => !named.has(name));
  const statics = signature.statics.flatMap(({ name }) => (named.has(name) ? [] : [name]));
  const names = [...operands, ...statics];
  if (positional.length !== names.length || positional.some((arg) => arg.piped === true || holdsTensor(arg.value)))
    return null;
  const pairs = positional.map((arg, k) => [names[k] ?? "", arg] as const);
  const fits = ([name, { value }]: (typeof pairs)[number]): boolean =>
    operands.includes(name)
      ? isLiteral(value)
      : accepts(target, name, value) && (value.kind !== "list" || isFlat(value));
  if (!pairs.every(fits)) return null;
  return { values: new Map([...named, ...pairs]), parts: [], excess: null };
}

/**
 * Positional arguments of a call's parentheses fill the first list in order, tensors where its types accept them, then
 * the last one; what is piped belongs to the last list. Null if one has no parameter.
 */
function bindByPosition(
  target: Target,
  signature: Signature,
  named: ReadonlyMap<string, Arg>,
  positional: readonly Arg[],
): Bound | null {
  const values = new Map(named);
  const { last } = signature;
  const first = signature.statics.map((s) => s.name).filter((p) => !last.includes(p));
  const isFree = (p: string): boolean => !values.has(p);
  const isPiped = (arg: Arg): boolean => arg.piped === true;
  for (const arg of [...positional.filter(isPiped), ...positional.filter((each) => !isPiped(each))]) {
    const next = isPiped(arg) ? undefined : first.find(isFree);
    // A tensor of numbers beside those of the last list: clamp(x, lo, hi).
    const early = holdsTensor(arg.value) && !isLoose(arg) && last.some(isFree);
    const fits = (p: string): boolean => !(early && isNumberParameter(target, p)) && accepts(target, p, arg.value);
    const parameter =
      next !== undefined && (!holdsTensor(arg.value) || fits(next)) ? next : last.find((p) => isFree(p) && fits(p));
    if (parameter === undefined) return null;
    values.set(parameter, arg);
  }
  return { values, parts: [] };
}

/** Whether a list of numbers is a tensor: what is piped, or where the next parameter is not a list. */
function isTable(target: Target, { value, piped }: Arg, next: string | undefined): boolean {
  if (next === undefined || piped === true) return true;
  return target.kind !== "builtin" && !accepts(target, next, value);
}

const isLiteral = (value: DlValue): boolean => isNumber(value) || value.kind === "bool" || isNumberList(value);

const isFlat = (value: DlValue): boolean => value.kind === "list" && value.items.every((item) => item.kind !== "list");

/** Whether a parameter is declared as `number`: static, or a tensor of any shape. */
function isNumberParameter(target: Target, parameter: string): boolean {
  if (target.kind !== "callable" || target.declaration.statics.length === 0) return false;
  const type = target.declaration.statics.find((p) => p.name.text === parameter)?.type;
  return type !== undefined && isOfNumbers(type);
}

/** Whether a parameter takes the value, as far as its kind and dtype say. */
function accepts(target: Target, parameter: string, value: DlValue): boolean {
  if (target.kind === "builtin") return true;
  if (target.kind === "op") {
    const kind = target.op.attrs[parameter];
    return kind === undefined ? holdsTensor(value) : isNumberList(value) && kind.endsWith("s");
  }
  const { statics, tensors } = split(target.declaration);
  const taken = [...statics, ...tensors].find((p) => p.name.text === parameter)?.type;
  if (taken === undefined) return false;
  if (!takesTensor(taken)) return asType(value, taken) !== null || (isOfNumbers(taken) && isNumberList(value));
  if (taken.kind === "list") return value.kind === "list" || value.kind === "tuple";
  if (value.kind !== "tensor") return isNumber(value) || value.kind === "bool" || isNumberList(value);
  const wanted = taken.kind === "tensor" ? taken.dtype.text : "";
  return /^[A-Z]$/.test(wanted) || wanted === value.value.type.dtype;
}

/** Whether every named argument is a parameter; reports all that are not. It does not look at the values. */
export function checkNames(env: Env, target: Target, signature: Signature, args: readonly Arg[]): boolean {
  const statics = signature.statics.map((s) => s.name);
  const known = [...statics, ...signature.tensors];
  const unknown = args.filter((arg) => arg.name !== null && !known.includes(arg.name));
  for (const { name, nameSpan, span } of unknown) {
    const near = didYouMean(name ?? "", known);
    const listed = statics.length > 0 ? statics : known;
    const help =
      parameterHint(name ?? "", known) ??
      (near !== null
        ? `did you mean \`${near}\`?`
        : listed.length > 0
          ? `its parameters are ${listed.join(", ")}`
          : undefined);
    report(env.context, "E0404", nameSpan ?? span, `\`${functionName(target)}\` has no parameter \`${name}\``, {
      help,
    });
  }
  return unknown.length === 0;
}

/**
 * A scalar tensor may be passed as a static number (a learning rate that changes from call to call), a list of tensors
 * as a static list.
 */
function looseStatic(arg: Arg, free: string[]): string | undefined {
  return arg.value.kind === "list" || isLoose(arg) ? free.shift() : undefined;
}

const isLoose = ({ value }: Arg): boolean => value.kind === "tensor" && value.value.type.shape.length === 0;
