import type { Label } from "../../dsl/diagnostic.ts";
import type { Span } from "../../dsl/span.ts";
import type { Context, DlValue } from "./context.ts";
import { ERROR } from "./values/values.ts";

/** Every mistake that elaboration can find, with the rule that it breaks. Conditions of ops have their own codes: `<op>-<label>`. */
export const codes = {
  E0201: "a name must be declared before it is used",
  E0202: "a name is declared once in its file or layer",
  E0203: "an imported name must be declared in the file it comes from",
  E0204: "an imported file must exist",
  E0205: "files must not import each other in a circle",
  E0206: "only a state can be written with `<-`",
  E0207: "params and states live in models, layers and optimizers",
  E0208: "a member must exist",
  E0209: "a program needs an entry, and only entries that it has can be asked for",
  E0210: "a setting is a number, in its range if it has one",
  E0211: "`freeze` names params that there are, in an entry",
  E0301: "the shape of an argument must fit the signature",
  E0302: "the value of a body must fit the declared result",
  E0303: "there is no silent promotion between dtypes",
  E0304: "the result of a broadcast has the shape of one of the operands",
  E0305: "the inner sizes of a matrix product must agree",
  E0306: "every dim needs a size",
  E0307: "a size must follow from the arguments",
  E0308: "a type has at most one pack",
  E0309: "a tensor was expected",
  E0310: "a dtype must exist",
  E0311: "an index must lie inside its tensor",
  E0312: "a param or state has one type in the whole program",
  E0313: "a state keeps its type",
  E0314: "an initializer gives a tensor of the declared type",
  E0315: "a size is a positive int",
  E0316: "a tensor has at most 2^31 - 1 elements",
  E0401: "only functions, layers and models can be called",
  E0402: "every parameter without a default needs an argument",
  E0403: "there must not be more arguments than parameters",
  E0404: "a named argument must be a parameter",
  E0405: "a parameter takes one argument",
  E0406: "calls nest at most 128 deep",
  E0407: "elaboration has a limit of calls",
  E0501: "a static argument must have its declared type",
  E0502: "the condition of `if` is known when the model is compiled",
  E0503: "a `repeat` is counted by an int",
  E0504: "a requirement of the library does not hold",
  E0505: "a param needs an initializer",
  E0506: "an initializer depends on static values only",
  E0507: "static arithmetic must have a result",
  E0508: "a pattern must fit its value",
  E0509: "a condition of the signature must hold",
  E0510: "a `for` runs over a list or an int",
  E0511: "the pattern of `rearrange` and `einsum` must be well formed, and its sizes agree",
  E0512: "an assertion is a bool, in a test",
  E0513: "the assertions of a test hold",
  E0601: "a loss is a scalar",
  E0602: "`minimize` needs params that the entry has used",
  E0603: "the last transformation of `minimize` is an optimizer",
  E0604: "a gradient transformation keeps the type of the gradients",
  E0605: "an optimizer gives the new value of its param",
  E0606: "a state shared by all params must not depend on one of them",
  E0607: "`minimize` stands in the body of a train entry",
  E0608: "the gradient must not run through an op that has none",
  E0609: "a loss depends on its params by steps that have a gradient",
  E0610: "a tangent has the type of what it belongs to",
  E0611: "a gradient rule gives the gradient of each tensor parameter, in its type",
  E0621: "`next` and `yield` stand in the body of the loop that they are for",
  E0622: "a carry keeps its type",
  E0623: "every carry has a `next`",
  E0624: "the sequences of a scan have one length",
  E0625: "a scan runs along an axis of its sequences, or has a length",
  E0626: "both branches of `cond` give the same types",
  E0627: "the conditions of `cond` and `while` are bool scalars",
  E0628: "loops carry, cut and yield tensors",
} as const satisfies Record<string, string>;

export type Code = keyof typeof codes;

export interface Details {
  /** The text of the primary label. */
  readonly label?: string;
  readonly also?: readonly Label[];
  readonly help?: string | undefined;
}

/**
 * Reports a mistake once and returns the error value, which suppresses diagnostics that follow from it. Inside the standard library the location is the user's call,
 * with the calls below it as secondary labels.
 */
export function report(context: Context, code: Code | `${string}-${string}`, span: Span, says: string, details: Details = {}): DlValue {
  const { program } = context;
  const label = details.label ?? "";
  const user = userCall(context);
  const hidden = program.library.has(span.source) && user >= 0;
  const at = hidden ? (context.calls[user]?.span ?? span) : span;
  // Inside the library only the first mistake of a call is reported: the others follow from it.
  const key = `${hidden ? "" : code}@${at.source.name}:${at.start}:${at.end}`;
  if (program.reported.has(key)) return ERROR;
  program.reported.add(key);
  const way = hidden ? [...context.calls.slice(user + 1).map((call) => ({ span: call.span, says: `in ${call.name}` })), { span, says: "here" }] : [];
  const also = [...way, ...(details.also ?? [])];
  program.diagnostics.push({
    code,
    says,
    at: { span: at, says: label },
    ...(also.length > 0 ? { also } : {}),
    ...(details.help === undefined ? {} : { help: details.help }),
  });
  return ERROR;
}

/** The index of the innermost call in the user's own text; -1 if there is none. */
const userCall = (context: Context): number => context.calls.findLastIndex((call) => !context.program.library.has(call.span.source));

/** The span recorded for a node: inside the library, the user's call. */
export function nodeSpan(context: Context, span: Span): Span {
  if (!context.program.library.has(span.source)) return span;
  return context.calls[userCall(context)]?.span ?? span;
}
