import type { Callable, GradientRule } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import type { Value as GraphValue } from "../../graph/ir.ts";
import { present } from "../../support/invariant.ts";
import { at } from "../../support/lists.ts";
import { isFloat } from "../../types/tensor-type.ts";
import type { Context, DlValue, Env } from "../context.ts";
import { build, constant } from "../tensors/add-node.ts";
import { report } from "../errors.ts";
import { closeRegion, invariantsOf, localize, openRegion } from "../control/regions.ts";
import { makeScope } from "../values/scope.ts";
import { convertLike, tensorsIn, withTensors } from "../control/structure.ts";
import { describe, ERROR, isFaulty, makeTensor } from "../values/values.ts";

type Ruled = Callable & { readonly gradient: GradientRule };

/**
 * A function with a custom gradient: its body and the rule become graphs of one op. Both may use outer values, such as
 * tensors among the static arguments; these receive no gradient.
 */
export function applyRuled(
  env: Env,
  declaration: Ruled,
  tensorNames: readonly string[],
  finish: (env: Env, value: DlValue) => DlValue,
  span: Span,
): DlValue {
  const { context } = env;
  const name = declaration.name.text;
  const args = tensorNames
    .map((tensor) => env.scope.find(tensor))
    .map((binding) => (binding?.kind === "value" ? binding.value : ERROR));
  const operands = args.flatMap(tensorsIn);
  const forward = openRegion(env, span, "forward");
  const before = context.program.diagnostics.length;
  // Every operand is an input, in order, even if the body does not use it.
  const values = operands.map((t) => t.value);
  const inside: Env = { ...env, context: forward, scope: makeScope(env.scope), loop: null };
  const result = finish(inside, forward.block(inside, declaration.body));
  const outputs = tensorsIn(result);
  if (isFaulty(result) || context.program.diagnostics.length > before) return ERROR;
  const floats = outputs.filter((t) => isFloat(t.value.type.dtype));
  const [only] = floats;
  if (outputs.length !== 1 || only === undefined)
    return report(
      context,
      "E0611",
      declaration.gradient.span,
      `\`${name}\` has a gradient rule, so it must return one float tensor, found ${describe(result)}`,
    );
  const backward = openRegion(env, span, "backward");
  backward.builder.attribution = { ...backward.builder.attribution, role: "backward" };
  const dy = backward.builder.input("dy", only.value.type);
  const y = backward.builder.input("y", only.value.type);
  const grads = gradientsBy(env, declaration, backward, dy, args, name);
  if (grads === null) return ERROR;
  forward.builder.output("y", only.value);
  const extra = invariantsOf([forward, backward]).filter((outer) => !values.includes(outer));
  const all = [...values, ...extra];
  grads.forEach((grad, k) => backward.builder.output(`d${k}`, grad));
  extra
    .filter((outer) => isFloat(outer.type.dtype))
    .forEach((outer, k) => backward.builder.output(`none${k}`, backward.builder.zeros(outer.type)));
  const graphs = [closeRegion(forward, [], all), closeRegion(backward, [], all, [y, dy])];
  const { builder } = context;
  const [made] = build(env, span, () => builder.addNode(builder.op("custom_gradient"), all, {}, {}, graphs).results);
  return withTensors(result, [makeTensor(builder, present(made, "a result"), span, only.symbols)]);
}

/** The rule's gradient of each float operand, zeros where it is 0; null after a report. */
function gradientsBy(
  env: Env,
  declaration: Ruled,
  backward: Context,
  dy: GraphValue,
  args: readonly DlValue[],
  name: string,
): readonly GraphValue[] | null {
  const { gradient } = declaration;
  const [param, ...more] = gradient.params;
  if (param === undefined || more.length > 0) {
    report(env.context, "E0611", gradient.span, "a gradient rule has one parameter, the gradient of the result", {
      help: "write `with gradient (dy) { ... }`",
    });
    return null;
  }
  const scope = makeScope(env.scope);
  const inside: Env = { ...env, context: backward, scope, loop: null };
  scope.bindValue(param.text, makeTensor(backward.builder, dy, param.span), param.span);
  const before = backward.program.diagnostics.length;
  const value = backward.block({ ...inside, scope: makeScope(scope) }, gradient.body);
  if (isFaulty(value) || backward.program.diagnostics.length > before) return null;
  const given = args.length === 1 ? [value] : value.kind === "tuple" || value.kind === "list" ? value.items : [];
  const span: Span = gradient.body.statements.at(-1)?.span ?? gradient.span;
  if (given.length !== args.length) {
    report(
      env.context,
      "E0611",
      span,
      `expected ${args.length} gradients from the gradient rule of \`${name}\`, found ${describe(value)}`,
      {
        help: "return a tuple with one gradient per parameter",
      },
    );
    return null;
  }
  const grads: GraphValue[] = [];
  for (const [k, arg] of args.entries()) {
    // A number has no gradient; what the rule computes for it is ignored.
    if (tensorsIn(arg).length === 0) continue;
    const like = localize(inside, arg, span);
    const g = at(given, k);
    const converted =
      like.kind === "tensor" && g.kind === "unit"
        ? constant(inside, span, like.value.type, 0)
        : convertLike(inside, g, like, span);
    if (converted === null) {
      report(env.context, "E0611", span, `expected a gradient of type ${describe(arg)}, found ${describe(g)}`);
      return null;
    }
    grads.push(...tensorsIn(converted).flatMap((t) => (isFloat(t.value.type.dtype) ? [t.value] : [])));
  }
  return grads;
}
