import type { Stmt } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import { didYouMean } from "../../../dsl/suggest.ts";
import { sameType, showType } from "../../types/tensor-type.ts";
import type { Binding, Declared, DlValue, Env, Tensor } from "../context.ts";
import { report } from "../errors.ts";
import { withItems } from "../tensors/indexed-writes.ts";
import type { IndexExpr } from "../tensors/selection.ts";
import { broadcastTo, literal } from "../types/broadcasting.ts";
import { text } from "../types/dims.ts";
import { joinPath, spanKey } from "./frames.ts";
import { inDtype } from "./number-lists.ts";
import { describe, isNumber } from "./values.ts";
import { read, write } from "./variables.ts";

/** `mean <- lerp(mean, m, momentum)`: later reads of the state have the new value. */
export function writeVariable(env: Env, statement: Stmt & { kind: "write" }): void {
  const { context } = env;
  const { span } = statement;
  const target = statement.target.kind === "index" ? statement.target.object : statement.target;
  if (target.kind !== "name") {
    report(context, "E0206", target.span, `cannot write to \`${text(target)}\`: it is not the name of a state`);
    return;
  }
  const binding = env.scope.find(target.text);
  if (!isState(binding)) {
    if (binding?.kind === "value" && binding.value.kind === "error") return;
    const near = didYouMean(
      target.text,
      env.scope.all().filter((name) => isState(env.scope.find(name))),
    );
    const what =
      binding === undefined
        ? `unknown state \`${target.text}\``
        : `cannot write to \`${target.text}\`: it is not a state`;
    const help =
      near !== null && near !== target.text
        ? `did you mean \`${near}\`?`
        : binding?.kind === "variable"
          ? "params are updated by `minimize`"
          : `declare it as a state: state ${target.text}: f32 = 0`;
    report(context, "E0206", target.span, what, { help });
    return;
  }
  const { declared } = binding;
  const shared =
    env.update !== null && declared.path === joinPath(env.update.shared.path, target.text) ? env.update : null;
  const count = shared?.evaluated.get(spanKey(span)) ?? 0;
  shared?.evaluated.set(spanKey(span), count + 1);
  const site = `${spanKey(span)}#${count}`;
  const known = shared?.written.get(site);
  if (known !== undefined) {
    write(context, declared.path, known);
    return;
  }
  const value = context.evaluate(env, statement.value);
  if (value.kind === "error") return;
  const converted =
    statement.target.kind === "index"
      ? itemsToWrite(env, declared, statement.target, { value, span: statement.value.span })
      : valueToWrite(env, declared, value, statement.value.span);
  if (converted === null) return;
  write(context, declared.path, converted.value);
  shared?.written.set(site, converted.value);
}

const isState = (binding: Binding | undefined): binding is Binding & { kind: "variable" } =>
  binding?.kind === "variable" && binding.declared.kind === "state";

/** `kv[at] <- row`: the state with the value in place of the items. */
function itemsToWrite(
  env: Env,
  declared: Declared,
  target: IndexExpr,
  given: { readonly value: DlValue; readonly span: Span },
): Tensor | null {
  const whole = read(env, declared, target.object.span);
  return whole.kind === "tensor" ? withItems(env, whole, target, given) : null;
}

function valueToWrite(env: Env, declared: Declared, given: DlValue, span: Span): Tensor | null {
  const value = inDtype(env, span, given, declared.type.dtype);
  if (value.kind === "error") return null;
  if (isNumber(value) || value.kind === "bool") {
    const made = literal(env, span, value, declared.type);
    return made.kind === "tensor" ? made : null;
  }
  if (value.kind === "tensor" && sameType(value.value.type, declared.type)) return value;
  if (value.kind === "tensor" && value.value.type.dtype === declared.type.dtype && value.value.type.shape.length === 0)
    return broadcastTo(env, span, value, declared.type.shape);
  report(
    env.context,
    "E0313",
    span,
    `expected ${showType(declared.type)} for the state \`${declared.path}\`, found ${describe(value)}`,
    {
      also: [{ span: declared.span, says: "declared here" }],
    },
  );
  return null;
}
