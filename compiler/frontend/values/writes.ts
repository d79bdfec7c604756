import type { Stmt } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import { didYouMean } from "../../../dsl/suggest.ts";
import { showType } from "../../types/tensor-type.ts";
import type { Declared, DlValue, Env, Tensor } from "../context.ts";
import { report } from "../errors.ts";
import { withItems } from "../tensors/indexed-writes.ts";
import type { IndexExpr } from "../tensors/selection.ts";
import { membersOf } from "../training/members.ts";
import { pathOf, targetOf } from "../training/param-paths.ts";
import { valueOfType } from "../training/initializers.ts";
import { writeStructure } from "../training/structures.ts";
import { text } from "../types/dims.ts";
import { joinPath, spanKey } from "./frames.ts";
import { describe } from "./values.ts";
import { inLoop, read, write } from "./variables.ts";

type WriteStmt = Stmt & { readonly kind: "write" };

/** `mean <- lerp(mean, m, momentum)`, `Net.norm.mean <- m`, `Target <- Net`: later reads have the new values. */
export function writeVariable(env: Env, statement: WriteStmt): void {
  const { context } = env;
  const target = statement.target.kind === "index" ? statement.target.object : statement.target;
  const binding = target.kind === "name" ? env.scope.find(target.text) : undefined;
  if (binding?.kind === "variable") return writeOne(env, statement, binding.declared);
  if (target.kind === "name" && binding === undefined) return reportUnknown(env, target.text, target.span);
  if (target.kind !== "name" && target.kind !== "member") return reportUnwritable(env, target.span, text(target));
  const value = targetOf(env, target);
  if (value.kind === "error") return;
  const path = pathOf(env, value);
  if (path === null || path.includes("*")) return reportUnwritable(env, target.span, text(target));
  const declared = context.program.declared.get(path);
  if (declared !== undefined) return writeOne(env, statement, declared);
  if (statement.target.kind === "index" && membersOf(context, path).length > 0)
    return reportUnwritable(env, target.span, text(target));
  writeStructure(env, statement, path, (member, each) => valueToWrite(env, member, each, statement.value.span));
}

function reportUnknown(env: Env, name: string, span: Span): void {
  const writable = env.scope.all().filter((other) => env.scope.find(other)?.kind === "variable");
  const near = didYouMean(name, writable);
  report(env.context, "E0206", span, `unknown state \`${name}\``, {
    help: near === null ? `declare it as a state: state ${name}: f32 = 0` : `did you mean \`${near}\`?`,
  });
}

function reportUnwritable(env: Env, span: Span, name: string): void {
  report(env.context, "E0206", span, `cannot write to \`${name}\`: it is not a state, a param or a model`, {
    help: /^\w+$/.test(name) ? `declare it as a state: state ${name}: f32 = 0` : undefined,
  });
}

function writeOne(env: Env, statement: WriteStmt, declared: Declared): void {
  const { context } = env;
  const { span } = statement;
  const target = statement.target.kind === "index" ? statement.target.object : statement.target;
  // A loop that writes a param by a call does not know it beforehand.
  if (declared.kind === "param" && inLoop(context)) {
    report(context, "E0206", target.span, `the param \`${declared.path}\` cannot be written by a call in a loop`, {
      help: "carry the value, and write it in the body of the loop or after it; or write the loop as `repeat`, which is unrolled",
    });
    return;
  }
  const shared =
    target.kind === "name" && declared.path === joinPath(env.update?.group.shared?.path ?? "", target.text)
      ? env.update
      : null;
  const count = shared?.evaluated.get(spanKey(span)) ?? 0;
  shared?.evaluated.set(spanKey(span), count + 1);
  const site = `${spanKey(span)}#${count}`;
  const known = shared?.group.written.get(site);
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
  shared?.group.written.set(site, converted.value);
}

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
  const value = valueOfType(env, given, declared.type, span);
  if (value?.kind === "tensor") return value;
  if (value !== null) return null;
  report(
    env.context,
    "E0313",
    span,
    `expected ${showType(declared.type)} for the ${declared.kind} \`${declared.path}\`, found ${describe(given)}`,
    {
      also: [{ span: declared.span, says: "declared here" }],
    },
  );
  return null;
}
