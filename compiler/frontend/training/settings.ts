import type { Expr, Setting } from "../../../dsl/ast.ts";
import type { Span } from "../../../dsl/span.ts";
import { isFloat, scalar } from "../../types/tensor-type.ts";
import type { Binding, Context, DlValue, Env, Scope } from "../context.ts";
import { isInRange } from "../types/number-range.ts";
import { declaredType } from "../types/dims.ts";
import { constant } from "../tensors/add-node.ts";
import { report } from "../errors.ts";
import { makeFrame } from "../values/frames.ts";
import { describe, ERROR, isNumber } from "../values/values.ts";
import { declare, read } from "../values/variables.ts";

type SettingBinding = Binding & { readonly kind: "setting" };

/** The value of a setting in this call: a state that only sessions write. */
export function readSetting(env: Env, { item, scope }: SettingBinding, span: Span): DlValue {
  const { context } = env;
  const path = `setting.${item.name.text}`;
  if (context.entry === "init")
    return report(
      context,
      "E0506",
      span,
      `an initializer can only use static values, but the setting \`${item.name.text}\` changes at run time`,
    );
  const known = context.program.settings.has(path) ? context.program.declared.get(path) : undefined;
  const declared = known ?? (declareSetting(context, item, scope) ? context.program.declared.get(path) : undefined);
  return declared === undefined ? ERROR : read(env, declared, span);
}

/** Declares a setting in the program; false after a report. */
export function declareSetting(context: Context, item: Setting, scope: Scope): boolean {
  const path = `setting.${item.name.text}`;
  if (context.program.settings.has(path)) return true;
  const env: Env = { context, scope, frame: makeFrame("init", "", null), update: null, loop: null, body: "fn" };
  const type = declaredType(env, item.type)?.type;
  const value = context.evaluate(env, item.value);
  if (type === undefined || value.kind === "error") return false;
  const valid =
    isNumber(value) &&
    (value.kind === "int" || isFloat(type.dtype)) &&
    type.shape.length === 0 &&
    type.dtype !== "bool";
  if (!valid || !isNumber(value)) {
    report(
      context,
      "E0210",
      item.value.span,
      `expected a number of type ${type.dtype} for the setting \`${item.name.text}\`, found ${describe(value)}`,
      {
        help: `for example, setting ${item.name.text}: f32 = 1e-3 in log(1e-5, 1e-1)`,
      },
    );
    return false;
  }
  if (!isInRange(env, item.value.span, value.value, type.dtype)) return false;
  const range = item.range === null ? { low: null, high: null, scale: "linear" as const } : rangeOf(env, item.range);
  if (range === null) return false;
  if (range.low !== null && range.high !== null && (value.value < range.low || value.value > range.high)) {
    report(
      context,
      "E0210",
      item.value.span,
      `the value ${value.value} is outside the range of the setting \`${item.name.text}\``,
      {
        ...(item.range === null
          ? {}
          : { also: [{ span: item.range.span, says: `the range is ${range.low} to ${range.high}` }] }),
      },
    );
    return false;
  }
  const made = declare(
    context,
    {
      kind: "state",
      role: "setting",
      path,
      type,
      span: item.name.span,
      location: { span: item.name.span, caller: null },
      init: (init) => constant({ ...env, context: init }, item.value.span, scalar(type.dtype), value.value),
    },
    item.name.span,
  );
  if (made === null) return false;
  context.program.settings.set(path, { name: item.name.text, path, default: value.value, ...range });
  return true;
}

/** `log(1e-5, 1e-1)`, `linear(0, 1)` or `[0, 1]`; null after a report. */
function rangeOf(env: Env, expr: Expr): { low: number; high: number; scale: "linear" | "log" } | null {
  const scale = expr.kind === "call" && expr.callee.kind === "name" && expr.callee.text === "log" ? "log" : "linear";
  const written: readonly Expr[] =
    expr.kind === "call" && expr.callee.kind === "name" && (expr.callee.text === "log" || expr.callee.text === "linear")
      ? expr.args.flatMap((arg) => (arg.value.kind === "pack" || arg.name !== null ? [] : [arg.value]))
      : expr.kind === "list" || expr.kind === "tuple"
        ? expr.items.flatMap((item) => (item.kind === "pack" ? [] : [item]))
        : [];
  const [low, high] = written.map((bound) => env.context.evaluate(env, bound));
  if (
    written.length === 2 &&
    low &&
    high &&
    isNumber(low) &&
    isNumber(high) &&
    low.value < high.value &&
    (scale === "linear" || low.value > 0)
  )
    return { low: low.value, high: high.value, scale };

  report(env.context, "E0210", expr.span, "expected a range: linear(low, high) or log(low, high) with low < high", {
    help: scale === "log" ? "the bounds of a logarithmic range must be positive" : undefined,
  });
  return null;
}
