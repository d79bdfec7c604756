import type { Entry, EntryMode, Parameter } from "../../dsl/ast.ts";
import type { Span } from "../../dsl/span.ts";
import { GraphBuilder } from "../graph/build.ts";
import type { Graph } from "../graph/ir.ts";
import { invariant } from "../support/invariant.ts";
import { scalar } from "../types/tensor-type.ts";
import type { Context, DlValue, Env, ProgramState, Scope, Waits, Tensor } from "./context.ts";
import { literal, naturalDtype } from "./types/broadcasting.ts";
import { declaredType, namesIn, sizeBinding, sizesOf } from "./types/dims.ts";
import { report } from "./errors.ts";
import { countEntry, withinLimits } from "./limits.ts";
import { dimNamed, evaluate } from "./expressions.ts";
import { call } from "./calls.ts";
import { attributionAt } from "./values/attribution.ts";
import { countCall, counterOf } from "./values/counters.ts";
import { makeFrame } from "./values/frames.ts";
import { checkFrozen, pathOf } from "./training/param-paths.ts";
import { tapped } from "./training/taps.ts";
import { modelIn, structuredInput } from "./training/structured-values.ts";
import { withRoles } from "./training/roles.ts";
import { checkDraws } from "./warnings/repeated-draws.ts";
import { seedPath } from "./tensors/random.ts";
import { makeScope } from "./values/scope.ts";
import { block } from "./statements.ts";
import { describe, int, makeTensor } from "./values/values.ts";
import { unappliedHelp } from "./callee-hints.ts";

export interface EntryOptions {
  readonly name: string;
  readonly mode: EntryMode;
  readonly dims: Readonly<Record<string, number>>;
  /** `init` is 0. */
  readonly index: number;
  /** Paths of parts whose results are outputs. */
  readonly taps?: readonly string[];
  /** `never` by default. */
  readonly waits?: Waits;
  /** Of what the compiler adds to the entry. */
  readonly span: Span | null;
}

export function makeContext(program: ProgramState, options: EntryOptions): Context {
  const builder = new GraphBuilder(options.name, program.table);
  if (options.span !== null)
    builder.attribution = { ...builder.attribution, location: { span: options.span, caller: null } };
  return {
    program,
    builder,
    entry: options.name,
    train: options.mode === "train",
    counter: null,
    dims: new Map(Object.entries(options.dims)),
    usedDims: new Map(),
    calls: [],
    versions: new Map(),
    waits: options.waits ?? "never",
    unknownPaths: new Map(),
    paramsUnder: new Map(),
    results: new Map(),
    region: null,
    frozen: [],
    applied: new Map(),
    assertions: null,
    random: { entryIndex: options.index, sites: { next: 0 }, key: null },
    budget: { steps: 0, regions: 0, unrolled: [] },
    evaluate,
    block,
    call,
  };
}

interface Elaborated {
  readonly graph: Graph;
  readonly used: Context["usedDims"];
  /** The models whose structure inputs have, by the name of the input. */
  readonly structures: ReadonlyMap<string, string>;
  /** The dim whose size each axis of an output has, or null, by the output's name; only outputs that have any. */
  readonly axes: OutputAxes;
}

/** The graph of an entry for one set of dims, and which of the dims it used. */
export function elaborateEntry(
  program: ProgramState,
  moduleScope: Scope,
  entry: Entry,
  options: EntryOptions,
): Elaborated {
  const context: Context = { ...makeContext(program, options), counter: counterOf(program, entry) };
  const scope = makeScope(moduleScope);
  const env: Env = {
    context,
    scope,
    frame: makeFrame("entry", entry.name.text, null),
    update: null,
    loop: null,
    body: "entry",
  };
  const structures = new Map<string, string>();
  const axes: OutputAxes = new Map();
  withinLimits(() => {
    for (const p of entry.params) {
      const value = input(env, p, structures);
      if (scope.own(p.name.text) !== undefined)
        report(context, "E0202", p.name.span, `duplicate declaration of \`${p.name.text}\``);
      scope.bindValue(p.name.text, value, p.name.span);
    }
    const value = block({ ...env, scope: makeScope(scope) }, entry.body);
    const add: Add = (name, tensor, span) => addOutput(env, axes, name, tensor, span);
    output(entry, value, add);
    for (const path of options.taps ?? []) add(path, tapped(context, path, entry.name.span), entry.name.span);
    countCall(context);
  }, undefined);

  countEntry(context, options.span ?? entry.span);
  checkFrozen(context);
  for (const [path, versions] of context.versions) {
    const last = versions.at(-1);
    const fromLeaf = versions[0]?.node.op.form.kind === "leaf" && versions[0].node.attrs["path"] === path;
    if (last !== undefined && path !== seedPath && (versions.length > 1 || !fromLeaf))
      context.builder.write(path, last);
  }
  const graph = context.builder.build();
  checkDraws(context, graph);
  return {
    graph: withRoles(graph),
    used: context.usedDims,
    structures,
    axes: new Map([...axes].filter(([, dims]) => dims.some((dim) => dim !== null))),
  };
}

/** What other frameworks write for a size that is not known; here it is the name of a dim only if declared as one. */
const unnamed: ReadonlySet<string> = new Set(["None", "null", "undefined", "_"]);

/** A name in the type of an input: a `let` of the file that is an int, or else a dim. */
function sizeNamed(env: Env, name: string, span: Span): DlValue {
  const binding = sizeBinding(env.scope, name);
  const constant = binding?.kind === "constant" ? evaluate(env, { kind: "name", text: name, span }) : null;
  if (constant?.kind === "int") return int(constant.value, name);
  if (constant?.kind === "error") return constant;
  if (unnamed.has(name) && env.scope.find(name)?.kind !== "dim")
    return report(env.context, "E0201", span, `unknown name \`${name}\``, { help: "name the size, as in `f32[N, 4]`" });
  return dimNamed(env, name, span);
}

/** Names in the types of an entry's inputs are dims whose size is given from outside. */
function input(env: Env, { name, type, span }: Parameter, structures: Map<string, string>): DlValue {
  const model = modelIn(env, type);
  if (model !== null) {
    const made = structuredInput(env, name, model, type.kind === "params" ? "params" : null);
    if (made !== null) structures.set(name.text, made.path);
    return made?.value ?? { kind: "error" };
  }
  for (const dim of sizesOf(type))
    for (const used of namesIn(dim)) {
      const known = env.scope.own(used);
      if (known === undefined) env.scope.bindValue(used, sizeNamed(env, used, dim.span), dim.span);
      else if (known.kind === "value" && known.value.kind === "error") return known.value;
    }
  if (sizesOf(type).some((dim) => namesIn(dim).some((n) => isError(env, n)))) return { kind: "error" };
  const declared = declaredType(env, type);
  if (declared === null) return { kind: "error" };
  const { builder } = env.context;
  const leaf = builder.attributed(attributionAt(env, span), () => builder.input(name.text, declared.type));
  return makeTensor(builder, leaf, span, declared.symbols);
}

function isError(env: Env, name: string): boolean {
  const binding = env.scope.own(name);
  return binding?.kind === "value" && binding.value.kind === "error";
}

type Add = (name: string, value: DlValue, span: Span) => void;

/** The outputs so far, with the dim whose size each axis has, or null. */
type OutputAxes = Map<string, readonly (string | null)[]>;

/**
 * Fields of a record become outputs of their names, nested ones joined by a dot; a single value is named after its
 * expression.
 */
function output(entry: Entry, value: DlValue, add: Add): void {
  const last = entry.body.statements.at(-1);
  const span = last?.span ?? entry.span;
  const single = last?.kind === "expression" && last.value.kind === "name" ? last.value.text : "result";
  const fields = last?.kind === "expression" && last.value.kind === "record" ? last.value.fields : [];
  const spanOf = (name: string): Span => fields.find((field) => field.name.text === name)?.value.span ?? span;
  if (value.kind === "record") for (const [name, field] of value.fields) add(name, field, spanOf(name));
  else if (value.kind === "tuple" || value.kind === "list")
    value.items.forEach((item, k) => add(String(k), item, span));
  else if (value.kind !== "unit") add(single, value, span);
}

function addOutput(env: Env, axes: OutputAxes, name: string, value: DlValue, span: Span): void {
  const { context } = env;
  const add: Add = (inner, part, at) => addOutput(env, axes, inner, part, at);
  switch (value.kind) {
    case "tensor":
      if (axes.has(name)) {
        report(context, "E0202", span, `the entry \`${context.entry}\` has an output \`${name}\` already`, {
          help: "give the output another name, or omit the tap",
        });
        return;
      }
      axes.set(name, dimsOf(context, value));
      return context.builder.output(name, value.value);
    case "int":
    case "float":
    case "bool":
      return add(name, literal(env, span, value, scalar(naturalDtype(value))), span);
    case "record":
      for (const [field, inner] of value.fields) add(`${name}.${field}`, inner, span);
      return;
    case "list":
    case "tuple":
      value.items.forEach((item, k) => add(`${name}.${k}`, item, span));
      return;
    case "error":
      return invariant(context.program.diagnostics.length > 0, `output ${name} has no value, and no mistake is known`);
    default:
      report(context, "E0309", span, `expected a tensor for the output \`${name}\`, found ${describe(value)}`, {
        help:
          pathOf(env, value) === null
            ? unappliedHelp(value)
            : "snapshot(Net) is the params and states of a model, by path",
      });
  }
}

/** The sizes of a value that are dims of the entry; a function may use the same name for another size. */
const dimsOf = ({ usedDims }: Context, { symbols, value }: Tensor): readonly (string | null)[] =>
  symbols.map((name, axis) => (name !== null && usedDims.get(name) === value.type.shape[axis] ? name : null));
