import { InvariantError } from "../support/invariant.ts";
import type { Expr, MathFunction } from "./ir.ts";
import { f32 } from "./ir.ts";
import { Names } from "./names.ts";
import { ExprMethods } from "./expr-methods.ts";
import type { MathName } from "./builder-types.ts";

/** Builds a math function: f32 arguments, lets, one result. */
export class FunctionBuilder extends ExprMethods {
  readonly #names: Names;
  readonly #lets: { name: string; value: Expr }[] = [];

  constructor(taken: Iterable<string>) {
    super();
    this.#names = new Names(taken);
  }

  let(value: Expr, hint = "x"): Expr {
    if (value.kind === "const" || value.kind === "var") return value;
    const name = this.#names.fresh(hint);
    this.#lets.push({ name, value });
    return { kind: "var", type: value.type, name };
  }

  /** Math functions do not call each other, so that an emitter can inline any of them. */
  call(fn: MathName): never {
    throw new InvariantError(`a math function calls ${fn}`);
  }

  get lets(): MathFunction["lets"] {
    return this.#lets;
  }
}

export function mathFunction(
  name: MathName,
  doc: string,
  params: readonly string[],
  body: (k: FunctionBuilder, ...args: Expr[]) => Expr,
): MathFunction {
  const k = new FunctionBuilder(params);
  const result = body(k, ...params.map((param): Expr => ({ kind: "var", type: f32, name: param })));
  return { name, doc, params: params.map((param) => ({ name: param, scalar: "f32" })), lets: k.lets, result };
}
