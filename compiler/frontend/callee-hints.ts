import type { Span } from "../../dsl/span.ts";
import type { DlValue, Env, Scope, Target } from "./context.ts";
import type { Details } from "./errors.ts";
import { insteadHint, methodHint } from "./migration-hints.ts";
import { text } from "./types/dims.ts";
import type { Bound } from "./values/arguments.ts";
import { isNumberList } from "./values/number-lists.ts";
import { appliedHelp } from "./values/applied.ts";
import { type Signature, signatureOf, usage } from "./values/signatures.ts";
import { functionName, isLiteralFunction, isNumber } from "./values/values.ts";

/**
 * Why a value cannot be called: a quoted name, a method, or a local value that hides a function of the library
 * (`let mean = mean(x)`, then `mean(y)`).
 */
export function calleeHints(env: Env, value: DlValue, callee: Span): Details {
  const name = callee.source.text.slice(callee.start, callee.end);
  if (value.kind === "string" && env.scope.find(value.value) !== undefined)
    return { help: `write \`${value.value}\`, without quotes` };
  if (value.kind === "path" && value.chain !== undefined)
    return { help: "it follows `with`; name the whole chain: optimizer outer = lookahead(adam(lr: 1e-3))" };
  if (value.kind === "path") return { help: methodHint(value.path.split(".").at(-1) ?? "") };
  if (value.kind === "tensor") {
    const help = appliedHelp(env, name) ?? appliedHelp(env, text({ span: value.from }));
    if (help !== undefined) return { help };
  }
  let scope: Scope | null = env.scope;
  while (scope !== null && scope.own(name) === undefined) scope = scope.parent;
  const own = scope?.own(name);
  const below = scope?.parent?.find(name);
  const library = env.context.program.ops.has(name) || (below?.kind === "value" && below.value.kind === "function");
  if (!library || own === undefined) return {};
  return {
    also: own.span === null ? [] : [{ span: own.span, says: `\`${name}\` is declared here` }],
    help: `it shadows the library function \`${name}\`; rename it`,
  };
}

/** How a function is called whose value is not expected: `sum([1, 2])` has `axis`, and no tensor. */
export function unappliedHelp(value: DlValue): string | undefined {
  if (value.kind !== "function" || isLiteralFunction(value)) return undefined;
  const signature = signatureOf(value.target);
  const given = value.args.flatMap((arg) => (arg.name === null ? [] : [[arg.name, arg] as const]));
  const missing = signature.tensors.filter((tensor) => given.every(([name]) => name !== tensor));
  const lists = new Map(given.filter(([, arg]) => isNumberList(arg.value)));
  return (
    misplacedHelp(signature, { values: lists, parts: [] }, missing) ?? usage(functionName(value.target), signature)
  );
}

/** How to give the arguments that a call lacks. */
export function missingHelp(target: Target, signature: Signature, bound: Bound, missing: readonly string[]): string {
  const name = functionName(target);
  return (
    (target.kind === "op" ? insteadHint(name) : undefined) ??
    misplacedHelp(signature, bound, missing) ??
    usage(name, signature)
  );
}

/** Of `focal(x, 1)`: the number is an argument of the first list, and the last one lacks a tensor. */
function misplacedHelp({ last }: Signature, { values }: Bound, missing: readonly string[]): string | undefined {
  const [wanted] = missing;
  if (wanted === undefined || missing.length > 1 || !last.includes(wanted)) return undefined;
  const early = [...values].find(
    ([name, { value, nameSpan }]) =>
      !last.includes(name) &&
      nameSpan === undefined &&
      (isNumber(value) || value.kind === "bool" || isNumberList(value)),
  );
  if (early === undefined) return undefined;
  const [taken, { span }] = early;
  const given = span.source.text.slice(span.start, span.end);
  return `\`${given}\` is taken as \`${taken}\`, which is in the first list; for \`${wanted}\`, write ${wanted}: ${given}`;
}
