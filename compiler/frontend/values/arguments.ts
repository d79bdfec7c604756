import type { Callable, Parameter, TypeExpr } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import { didYouMean } from "../../../dsl/suggest.ts";
import { dtypeNames } from "../types/dtypes.ts";
import type { Arg, DlValue, Env, Target } from "../context.ts";
import { text } from "../types/dims.ts";
import { report } from "../errors.ts";
import { parameterHint } from "../migration-hints.ts";
import { describe, ERROR, float, functionName, holdsTensor, int, list } from "./values.ts";

/** Parameters as a caller sees them: static ones and tensors. */
export interface Signature {
  readonly statics: readonly { readonly name: string; readonly required: boolean }[];
  readonly tensors: readonly string[];
  readonly variadic: boolean;
  /** All parameters in order, if static ones and tensors are in one list. */
  readonly order: readonly string[];
}

const takesTensor = (type: TypeExpr): boolean =>
  type.kind === "tensor" || (type.kind === "list" && takesTensor(type.of));

/** A parameter whose type has brackets after a dtype takes a tensor; all others are static. */
export function split(declaration: Callable): { statics: readonly Parameter[]; tensors: readonly Parameter[] } {
  const params = declaration.params;
  return {
    statics: [...declaration.statics, ...params.filter((p) => !takesTensor(p.type))],
    tensors: params.filter((p) => takesTensor(p.type)),
  };
}

/** The parameters of a gradient rule: tensors, and numbers beside them, which may be scalar tensors. */
export const differentiableNames = ({ params }: Callable): readonly string[] =>
  params.flatMap((p) =>
    takesTensor(p.type) || (p.type.kind === "static" && /^f(32|64)$/.test(p.type.name.text)) ? [p.name.text] : [],
  );

export function signatureOf(target: Target): Signature {
  const key = target.kind === "callable" ? target.declaration : target.kind === "op" ? target.op : target.builtin;
  const known = signatures.get(key);
  if (known !== undefined) return known;
  const signature = makeSignature(target);
  signatures.set(key, signature);
  return signature;
}

/** Every call asks for the signature of its function. */
const signatures = new WeakMap<object, Signature>();

function makeSignature(target: Target): Signature {
  switch (target.kind) {
    case "callable": {
      const { statics, tensors } = split(target.declaration);
      return {
        statics: statics.map((p) => ({ name: p.name.text, required: p.value === null })),
        tensors: tensors.map((p) => p.name.text),
        variadic: false,
        order: target.declaration.statics.length > 0 ? [] : target.declaration.params.map((p) => p.name.text),
      };
    }
    case "op": {
      const { op } = target;
      return {
        statics: Object.keys(op.attrs).map((name) => ({ name, required: !Object.hasOwn(op.defaults, name) })),
        tensors: op.operands === "variadic" ? ["parts"] : op.operands,
        variadic: op.operands === "variadic",
        order: [],
      };
    }
    case "builtin": {
      const { builtin } = target;
      return {
        statics: builtin.statics.map((name) => ({ name, required: !builtin.optional.includes(name) })),
        tensors: builtin.tensors,
        variadic: builtin.variadic ?? false,
        order: [],
      };
    }
  }
}

export interface Bound {
  readonly values: ReadonlyMap<string, Arg>;
  /** Operands of a variadic op. */
  readonly parts: readonly Arg[];
}

/**
 * Binds each argument to its parameter. Positional tensors go to tensor parameters in order; other positional values to
 * static parameters in order while any is left, then to tensor parameters as literals, or if both are in one list to
 * the next of it. Null after a report.
 */
export function bindArguments(env: Env, target: Target, signature: Signature, args: readonly Arg[]): Bound | null {
  const values = new Map<string, Arg>();
  const parts: Arg[] = [];
  const name = functionName(target);
  if (!checkNames(env, target, signature, args)) return null;
  for (const arg of args) {
    if (arg.name === null) continue;
    if (values.has(arg.name)) {
      report(env.context, "E0405", arg.nameSpan ?? arg.span, `duplicate argument \`${arg.name}\` of \`${name}\``, {
        also: [{ span: values.get(arg.name)?.nameSpan ?? arg.span, says: "first given here" }],
      });
      return null;
    }
    values.set(arg.name, arg);
  }
  const freeTensors = signature.tensors.filter((p) => !values.has(p));
  const freeStatics = signature.statics.map((s) => s.name).filter((p) => !values.has(p));
  // A number goes to the next parameter of a single list, `close(x, 1, 1e-6)`; with two lists, to the static ones
  // before the tensors.
  const nextFree = (): string | undefined => {
    const name =
      signature.order.find((p) => freeTensors.includes(p) || freeStatics.includes(p)) ??
      freeStatics[0] ??
      freeTensors[0];
    for (const free of [freeStatics, freeTensors])
      if (name !== undefined && free.includes(name)) free.splice(free.indexOf(name), 1);
    return name;
  };
  for (const arg of args) {
    if (arg.name !== null) continue;
    const tensor = holdsTensor(arg.value);
    if (signature.variadic && tensor) {
      parts.push(
        ...(arg.value.kind === "list" || arg.value.kind === "tuple"
          ? arg.value.items.map((value) => ({ ...arg, value }))
          : [arg]),
      );
      continue;
    }
    // So does a scalar tensor, which may be passed as a static number.
    const next =
      tensor && isLoose(arg)
        ? signature.order.find((p) => freeTensors.includes(p) || freeStatics.includes(p))
        : undefined;
    const parameter =
      !tensor || (next !== undefined && freeStatics.includes(next))
        ? nextFree()
        : (freeTensors.shift() ?? looseStatic(arg, freeStatics));
    if (parameter === undefined) {
      report(env.context, "E0403", arg.span, `too many ${tensor ? "tensors" : "arguments"} for \`${name}\``, {
        label: describe(arg.value),
        help: usage(name, signature),
      });
      return null;
    }
    values.set(parameter, arg);
  }
  return { values, parts };
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

/** `dense(units, bias)(x)` */
export function usage(name: string, signature: Signature): string {
  const statics = signature.statics.map((s) => (s.required ? s.name : `${s.name}: ...`)).join(", ");
  const tensors = signature.variadic ? "..." : signature.tensors.join(", ");
  return `usage: ${name}${statics === "" ? "" : `(${statics})`}${tensors === "" ? "" : `(${tensors})`}`;
}

/** Converts a static argument to its declared type; reports and returns the error value if that is not possible. */
export function convertStatic(env: Env, value: DlValue, type: TypeExpr, span: Span, subject: string): DlValue {
  const converted = asType(value, type);
  if (converted !== null) return converted;
  if (value.kind === "error") return ERROR;
  if (type.kind === "static" && !staticNames.has(type.name.text))
    return report(env.context, "E0501", span, `unknown static type \`${type.name.text}\` of ${subject}`, {
      help: `the static types are ${[...staticNames].join(", ")}`,
    });
  return report(env.context, "E0501", span, `expected ${wanted(type)} for ${subject}, found ${describe(value)}`, {
    help: staticHelp(env, value, type),
  });
}

function staticHelp(env: Env, value: DlValue, type: TypeExpr): string | undefined {
  if (type.kind === "tensor") return "the first parameter list is static; declare tensors in the second list";
  if (type.kind !== "static") return undefined;
  const { text: name } = type.name;
  if (name === "fn" && value.kind === "string")
    return env.scope.find(value.value) === undefined
      ? "write the name of a function without quotes"
      : `write \`${value.value}\`, without quotes`;
  if (name === "int" && value.kind === "string" && /^\d+$/.test(value.value))
    return `write \`${value.value}\`, without quotes`;
  if (name === "int" && value.kind === "float") return "floor(x) and ceil(x) return ints";
  if ((name === "bool" || name === "fn") && value.kind === "int")
    return "unnamed static arguments are bound in order; name the argument if it is meant for another parameter";
  if (value.kind === "function") return usage(functionName(value.target), signatureOf(value.target));
  return value.kind === "tensor" ? "a static argument must be known at compile time; a tensor is not" : undefined;
}

const staticNames: ReadonlySet<string> = new Set(["int", "bool", "string", "fn", "any", ...dtypeNames]);

const wanted = (type: TypeExpr): string => {
  if (type.kind === "list") return `a list of ${text(type.of)}`;
  if (type.kind === "tensor") return "a static value";
  const name = type.name.text;
  return { int: "an int", bool: "a bool", string: "a string", fn: "a function" }[name] ?? `a number of type ${name}`;
};

function asType(value: DlValue, type: TypeExpr): DlValue | null {
  if (type.kind === "list") {
    if (value.kind === "pack") return list(value.sizes.map((_, k) => int(value.start + k)));
    const items = value.kind === "list" || value.kind === "tuple" ? value.items : [value];
    const converted = items.map((item) => asType(item, type.of));
    return converted.includes(null) ? null : list(converted.filter((item) => item !== null));
  }
  if (type.kind === "tensor") return null;
  const name = type.name.text;
  switch (name) {
    case "any":
      return value;
    case "int":
    case "string":
      return value.kind === name ? value : null;
    case "fn":
      return value.kind === "function" || value.kind === "path" ? value : null;
    case "f32":
      if (value.kind === "int") return float(value.value);
      return value.kind === "float" || isScalar(value, name) ? value : null;
    case "bool":
      return value.kind === "bool" || isScalar(value, name) ? value : null;
    default:
      return staticNames.has(name) && (value.kind === "int" || isScalar(value, name)) ? value : null;
  }
}

const isScalar = (value: DlValue, dtype: string): boolean =>
  value.kind === "tensor" && value.value.type.dtype === dtype && value.value.type.shape.length === 0;
