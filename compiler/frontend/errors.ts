import type { Label } from "../../dsl/diagnostic.ts";
import type { Span } from "../../dsl/span.ts";
import { didYouMean } from "../../dsl/suggest.ts";
import type { Arg, Call, Context, DlValue } from "./context.ts";
import { unknownWithin } from "./training/unknown-paths.ts";
import { spanKey } from "./values/frames.ts";
import { waitForPaths } from "./waiting.ts";
import { describe, ERROR } from "./values/values.ts";

/**
 * Every mistake that elaboration can find, with the rule that it breaks. Conditions of ops have their own codes:
 * `<op>-<label>`.
 */
export const codes = {
  E0201: "a name must be declared before it is used",
  E0202: "a name is declared once in its file or layer",
  E0203: "an imported name must be declared in the file it comes from",
  E0204: "an imported file must exist",
  E0205: "imports must not form a cycle",
  E0206: "only states, params and models can be written with `<-`",
  E0207: "params and states live in models, layers and optimizers",
  E0208: "a member must exist",
  E0209: "a program needs an entry, and a requested entry must exist",
  E0210: "a setting is a number in its range",
  E0211: "`freeze` names existing params, in an entry",
  E0212: "imports can be nested at most 100 deep",
  E0213: "a `let` of a file is static and does not depend on itself",
  E0301: "the shape of an argument must match the signature",
  E0302: "the value of a body must match the declared result",
  E0303: "dtypes are not promoted implicitly",
  E0304: "the shapes of operands must broadcast",
  E0305: "the inner sizes of a matrix product must agree",
  E0306: "every dim must have a size",
  E0307: "a size must be inferable from the arguments",
  E0308: "a type can have at most one pack",
  E0309: "a tensor was expected",
  E0310: "a dtype must exist",
  E0311: "an index must be in range",
  E0312: "a param or state has one type in the whole program",
  E0313: "a state must keep its type",
  E0314: "an initial value must have the declared type",
  E0315: "a size must be a positive int",
  E0316: "a tensor can have at most 2^31 - 1 elements",
  E0317: "a list of numbers is a tensor if its rows have one length",
  E0401: "only functions, layers and models can be called",
  E0402: "every parameter without a default needs an argument",
  E0403: "there must not be more arguments than parameters",
  E0404: "a named argument must be a parameter",
  E0405: "a parameter must not be given twice",
  E0406: "calls can be nested at most 128 deep",
  E0407: "the elaboration of an entry has a limit",
  E0501: "a static argument must have its declared type",
  E0502: "the condition of `if` must be known at compile time",
  E0503: "`repeat` iterates over a list or an int",
  E0504: "a requirement of the library must hold",
  E0505: "a param must have an initializer",
  E0506: "an initializer can only use static values",
  E0507: "static arithmetic must have a result",
  E0508: "a pattern must match its value",
  E0509: "a condition of the signature must hold",
  E0510: "`for` iterates over a list or an int",
  E0511: "a pattern of `rearrange` or `einsum` must be well formed and match its tensors",
  E0512: "`assert` checks a bool, in a test",
  E0513: "the assertions of a test must hold",
  W0504: "an argument of the library should be what it is meant for",
  E0601: "a loss must be a scalar",
  E0602: "`minimize` needs params that the entry has used",
  E0603: "the chain of `minimize` must end with an optimizer",
  E0604: "a gradient transformation must not change the types of the gradients",
  E0605: "the result of an optimizer must have the type of its param",
  E0606: "a state shared by all params must not depend on one of them",
  E0607: "`minimize` is only allowed in the body of a train entry, and `matches` in that of an optimizer",
  E0608: "a loss must not depend on its params through an op without a gradient",
  E0609: "a loss must depend differentiably on its params",
  E0610: "a tangent must have the type of its tensor",
  E0611: "a gradient rule must return the gradient of each tensor parameter, in its type",
  E0612: "`every` is a positive int, and `when` a bool scalar",
  E0613: "an update takes one gradient for each of its params, in its type",
  W0641: "an entry that draws random numbers should be a draw entry or a train entry",
  W0642: "a result should depend on each param",
  W0643: "the result of a statement should be used",
  W0644: "a loss should be computed from the current params",
  E0621: "`next` and `yield` are only allowed in the body of their loop",
  E0622: "a carry must keep its type",
  E0623: "every carry must have a `next`",
  E0624: "the sequences of a scan must have the same length",
  E0625: "a scan needs an axis of its sequences, or a length",
  E0626: "both branches of `cond` must have the same type",
  E0627: "the conditions of `cond` and `while` must be bool scalars",
  E0628: "loops carry, scan and yield tensors",
  E0629: "a `repeat` carries a value from one iteration to the next, or writes",
  E0631: "a model can only be written with one of the same params and states",
  E0632: "`at` takes a value of its type for each param",
  E0633: "`tap` finds what the entry has computed outside of loops and branches",
} as const satisfies Record<string, string>;

export type Code = keyof typeof codes;

export interface Details {
  /** The text of the primary label. */
  readonly label?: string;
  readonly also?: readonly Label[];
  readonly help?: string | undefined;
  /** See `Diagnostic`. */
  readonly commandHelp?: string;
}

/** Nobody reads more, and looking for what was meant takes long in a file of 20,000 mistakes. */
const mostMistakes = 200;

/** Whether no more mistakes are reported. */
export const hasManyMistakes = ({ program }: Context): boolean => program.diagnostics.length >= mostMistakes;

function reportMany({ program }: Context, span: Span): DlValue {
  if (program.diagnostics.length === mostMistakes)
    program.diagnostics.push({
      code: "E0407",
      says: `the program has more than ${mostMistakes} mistakes: those after this are not shown`,
      at: { span, says: "" },
    });
  return ERROR;
}

/** Mistakes that depend on names alone, not on the values that they have. */
const ofNames: ReadonlySet<string> = new Set<Code>(["E0201", "E0206", "E0404"]);

/** Mistakes of a value of another kind than expected, which may be a path that names nothing. */
const ofValues: ReadonlySet<string> = new Set<Code>(["E0309", "E0311", "E0313", "E0501", "E0602"]);

/**
 * Reports a mistake once and returns the error value, which suppresses diagnostics that follow from it. Inside the
 * standard library the mistake is the user's call: its location, or that of the argument which a requirement names.
 */
export function report(
  context: Context,
  code: Code | `${string}-${string}`,
  span: Span,
  says: string,
  details: Details = {},
): DlValue {
  const { program } = context;
  if (program.exploration.namesOnly && !ofNames.has(code)) return ERROR;
  if (!code.startsWith("W")) waitForPaths(context);
  if (ofValues.has(code)) {
    const unknown = unknownWithin(context, span);
    // After another mistake, the application of the model may have ended before this part.
    if (unknown !== null && program.diagnostics.some((each) => each.code !== "E0208")) return ERROR;
    if (unknown !== null) return report(context, "E0208", unknown.span, unknown.says, { help: unknown.help });
  }
  const call = userCall(context);
  const hidden = program.library.has(span.source) && call !== null;
  const about =
    (code === "E0504" || code === "W0504" || code === "E0509" || (hidden && code === "E0315")) && call !== null
      ? argumentNamed(call, says)
      : null;
  const whole = hidden ? call.span : span;
  const place = about?.span ?? whole;
  const warning = code.startsWith("W");
  // Inside the library only the first mistake of a call is reported: the others follow from it.
  if (!warning && hasManyMistakes(context)) return reportMany(context, place);
  const key = `${hidden && !warning ? "" : code}@${spanKey(code === "E0509" ? place : whole)}`;
  if (program.reported.has(key)) return ERROR;
  program.reported.add(key);
  const also = (details.also ?? []).filter((each) => !hidden || !program.library.has(each.span.source));
  const help = details.help ?? (about === null ? undefined : meant(about, says));
  const list = warning ? program.warnings : program.diagnostics;
  list.push({
    code,
    says,
    at: {
      span: place,
      says: details.label ?? (code === "E0504" && call !== null ? found(call, about) : ""),
    },
    ...(also.length > 0 ? { also } : {}),
    ...(help === undefined ? {} : { help }),
    ...(details.commandHelp === undefined ? {} : { commandHelp: details.commandHelp }),
  });
  return ERROR;
}

/** The innermost call in the user's own text. */
export const userCall = ({ calls, program }: Context): Call | null =>
  calls.findLast((call) => !program.library.has(call.span.source)) ?? null;

/** The argument that a requirement names in backticks; null if none or several are given in the call. */
function argumentNamed({ args }: Call, says: string): Arg | null {
  const names = quoted(says, "`").flatMap((text) => text.match(/[a-z_]\w*/gi) ?? []);
  const named = [...new Set(names)].flatMap((name) => args.get(name) ?? []);
  return named.length === 1 && named[0] !== undefined ? named[0] : null;
}

/** What a requirement was given: the argument that it names, or all tensors of the call. */
function found({ args }: Call, about: Arg | null): string {
  if (about !== null) return `found ${describe(about.value)}`;
  const tensors = [...args].filter(([, { value }]) => value.kind === "tensor");
  return tensors.map(([name, { value }]) => `\`${name}\` is ${describe(value)}`).join(", ");
}

/** The string of those that a requirement lists which was probably meant. */
function meant({ value }: Arg, says: string): string | undefined {
  const near = value.kind === "string" ? didYouMean(value.value, quoted(says, '"')) : null;
  return near === null ? undefined : `did you mean "${near}"?`;
}

const quoted = (text: string, mark: string): readonly string[] =>
  [...text.matchAll(new RegExp(`${mark}([^${mark}]+)${mark}`, "g"))].map(([, word = ""]) => word);

/** The span recorded for a node: inside the library, the user's call. */
export function nodeSpan(context: Context, span: Span): Span {
  if (!context.program.library.has(span.source)) return span;
  return userCall(context)?.span ?? span;
}
