import type { Entry, Test } from "../../dsl/ast.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Source, Span } from "../../dsl/span.ts";
import type { Program } from "../graph/ir.ts";
import type { Assertion, Context, DlValue, Env, ProgramState, Waits } from "./context.ts";
import { makeContext } from "./entries.ts";
import { makeFrame } from "./values/frames.ts";
import type { Module } from "./modules.ts";
import {
  closeProgram,
  elaborateInit,
  findMembers,
  noteDims,
  openIn,
  openProgram,
  type ElaborateOptions,
} from "./program.ts";
import { makeScope } from "./values/scope.ts";
import { withinLimits } from "./limits.ts";
import { ERROR } from "./values/values.ts";
import { block } from "./statements.ts";
import { inTurn } from "./waiting.ts";

/** A test as an entry of a program: the outputs of its assertions must be true in all elements. */
export interface ElaboratedTest {
  readonly title: string;
  readonly span: Span;
  readonly entry: string;
  readonly assertions: readonly Assertion[];
}

export interface ElaboratedTests {
  /** One graph per test, and `init`; null if there are diagnostics. */
  readonly program: Program | null;
  readonly tests: readonly ElaboratedTest[];
  readonly diagnostics: readonly Diagnostic[];
  /** Names of the dims that were used and have no size. */
  readonly openDims: readonly string[];
}

/** The tests of a file. In a test, entries are called as functions. */
export function elaborateTests(source: Source, options: ElaborateOptions): ElaboratedTests {
  const { state, main } = openProgram(source, options);
  const { diagnostics } = state;
  if (main === null) return { program: null, tests: [], diagnostics, openDims: [] };
  const dims = options.variants[0] ?? {};
  const done = inTurn(
    state,
    main.tests.map((test, k) => (waits: Waits) => elaborateTest(state, main, test, k, dims, waits)),
    () => main.entries.forEach((entry) => findMembers(state, main, entry, options)),
  );
  const init = elaborateInit(state);
  const tests = done.map((d) => d.test);
  const asked: Context["usedDims"] = new Map();
  for (const { context } of done) noteDims(asked, context.usedDims);
  const openDims = openIn(asked);
  if (diagnostics.length > 0) return { program: null, tests, diagnostics, openDims };
  const entries = [...done.map((d) => ({ dims, graph: d.context.builder.build() })), { dims: {}, graph: init }];
  return { program: closeProgram(state, source, entries), tests, diagnostics, openDims };
}

function elaborateTest(
  state: ProgramState,
  main: Module,
  test: Test,
  k: number,
  dims: Readonly<Record<string, number>>,
  waits: Waits,
): { test: ElaboratedTest; context: Context } {
  const assertions: Assertion[] = [];
  const entry = `test${k}`;
  const context: Context = {
    ...makeContext(state, {
      name: entry,
      mode: "plain",
      dims,
      index: main.entries.length + 1 + k,
      span: test.titleSpan,
      waits,
    }),
    assertions,
  };
  const scope = makeScope(main.scope);
  for (const e of main.entries)
    if (main.scope.own(e.name.text) === undefined) scope.bindValue(e.name.text, asFunction(e, main), e.name.span);
  const env: Env = {
    context,
    scope: makeScope(scope),
    frame: makeFrame("entry", entry, null),
    update: null,
    loop: null,
    body: "entry",
  };
  if (!state.stopped) withinLimits(() => block(env, test.body), ERROR);
  return { test: { title: test.title, span: test.titleSpan, entry, assertions }, context };
}

function asFunction(entry: Entry, main: Module): DlValue {
  const declaration = { ...entry, kind: "fn", statics: [], result: null, where: [], gradient: null } as const;
  return {
    kind: "function",
    target: { kind: "callable", declaration, scope: main.scope, entry },
    args: [],
    instance: null,
  };
}
