import type { Callable, Parameter, TypeExpr } from "../../../dsl/ast.ts";
import type { Target } from "../context.ts";

/** Parameters as a caller sees them: static ones and tensors. */
export interface Signature {
  readonly statics: readonly { readonly name: string; readonly required: boolean }[];
  readonly tensors: readonly string[];
  readonly variadic: boolean;
  /** The last list, or the only one: what a pipe fills. */
  readonly last: readonly string[];
  /** All parameters in order, if static ones and tensors are in one list. */
  readonly order: readonly string[];
}

/** Whether its values are tensors, or lists of tensors. */
export const takesTensor = (type: TypeExpr): boolean =>
  type.kind === "tensor" || (type.kind === "list" && takesTensor(type.of));

/** A parameter whose type has brackets after a dtype takes a tensor, in either list; all others are static. */
export function split(declaration: Callable): { statics: readonly Parameter[]; tensors: readonly Parameter[] } {
  const { statics, params } = declaration;
  return {
    statics: [...statics, ...params].filter((p) => !takesTensor(p.type)),
    tensors: [...params, ...statics].filter((p) => takesTensor(p.type)),
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
      const { statics, params } = target.declaration;
      const last = params.map((p) => p.name.text);
      return {
        statics: [...statics, ...params.filter((p) => !takesTensor(p.type))].map((p) => ({
          name: p.name.text,
          required: p.value === null,
        })),
        tensors: params.filter((p) => takesTensor(p.type)).map((p) => p.name.text),
        variadic: false,
        last,
        order: statics.length > 0 ? [] : last,
      };
    }
    case "op": {
      const { op } = target;
      return {
        statics: Object.keys(op.attrs).map((name) => ({ name, required: !Object.hasOwn(op.defaults, name) })),
        tensors: op.operands === "variadic" ? ["parts"] : op.operands,
        variadic: op.operands === "variadic",
        last: op.operands === "variadic" ? [] : op.operands,
        order: [],
      };
    }
    case "builtin": {
      const { builtin } = target;
      return {
        statics: builtin.statics.map((name) => ({ name, required: !builtin.optional.includes(name) })),
        tensors: builtin.tensors,
        variadic: builtin.variadic ?? false,
        last: builtin.tensors,
        // What has a default comes last: grad(loss, x, unused: zeros).
        order: builtin.statics.every((name) => builtin.optional.includes(name))
          ? [...builtin.tensors, ...builtin.statics]
          : [],
      };
    }
  }
}

/** `dense(units, bias)(x)`, or in one list `lerp(a, b, t)`. */
export function usage(name: string, signature: Signature): string {
  const written = ({ name: parameter, required }: Signature["statics"][number]): string =>
    required ? parameter : `${parameter}: ...`;
  if (signature.order.length > 0) {
    const shown = signature.order.map((parameter) => {
      const found = signature.statics.find((s) => s.name === parameter);
      return found === undefined ? parameter : written(found);
    });
    return `usage: ${name}(${shown.join(", ")})`;
  }
  const inLast = (parameter: string): boolean => signature.last.includes(parameter);
  const statics = signature.statics
    .filter((s) => !inLast(s.name))
    .map(written)
    .join(", ");
  const tensors = signature.variadic ? "..." : signature.last.join(", ");
  return `usage: ${name}${statics === "" ? "" : `(${statics})`}${tensors === "" ? "" : `(${tensors})`}`;
}
