import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { DiagnosticError } from "../../dsl/diagnostic-error.ts";
import type { Source } from "../../dsl/span.ts";
import { createSession, type Session } from "../../runtime/session.ts";
import type { Tensor } from "../../runtime/model.ts";
import { compileProgram, type CompileOptions, type Target } from "../compile.ts";
import type { Assertion } from "../frontend/context.ts";
import { firstDims, variantsOf } from "../frontend/given-dims.ts";
import { elaborateTests, type ElaboratedTest } from "../frontend/tests.ts";
import { withAssumedDims } from "./assumed-dims.ts";
import { present } from "../support/invariant.ts";

export interface TestResult {
  readonly title: string;
  /** The assertions that are false, once for each target on which they are; empty if the test passes. */
  readonly failures: readonly Diagnostic[];
}

/**
 * Runs the tests of a file, each from fresh params, on each of these targets. Each is compiled when its turn comes, so
 * that results arrive one by one. Throws a `DiagnosticError` for errors in the text.
 *
 * @example
 * import { runTests } from "dlc/compiler";
 * const text = 'dl 1\ntest "relu cuts" {\n  assert relu(-1.0) == 0\n}\n';
 * for await (const { title, failures } of runTests({ name: "relu.dl", text }, options, ["wasm"])) {
 *   title; // => "relu cuts"
 *   failures; // => []
 * }
 */
export async function* runTests(
  source: Source,
  options: CompileOptions,
  targets: readonly Target[],
): AsyncGenerator<TestResult> {
  const dims = firstDims(variantsOf(options));
  const { program, tests, diagnostics } = withAssumedDims(
    (assumedDim) => elaborateTests(source, { variants: [dims], resolve: options.resolve, assumedDim }),
    [8],
  );
  if (program === null) throw new DiagnosticError(diagnostics);
  for (const test of tests) {
    const entries = program.entries.filter(({ graph: { name } }) => name === test.entry || name === "init");
    const compiled = compileProgram({ ...program, entries }, options);
    const failures: Diagnostic[] = [];
    for (const target of targets) {
      const session = await createSession(compiled.plan, await compiled.code(target), { seed: 0 });
      failures.push(...failuresOf(test, target, session));
    }
    yield { title: test.title, failures };
  }
}

function failuresOf(test: ElaboratedTest, target: Target, session: Session): Diagnostic[] {
  const outputs = test.assertions.some((a) => typeof a.holds !== "boolean") ? session.run(test.entry) : {};
  return test.assertions.flatMap((assertion) => {
    const wrong =
      typeof assertion.holds === "boolean"
        ? assertion.holds
          ? null
          : "false"
        : firstWrong(assertion, assertion.holds.output, outputs);
    return wrong === null ? [] : [failure(test, assertion, `${target}: ${wrong}`)];
  });
}

function failure(test: ElaboratedTest, { span, says }: Assertion, label: string): Diagnostic {
  return {
    code: "E0513",
    says: says ?? "the assertion does not hold",
    at: { span, says: label },
    also: [{ span: test.span, says: "in this test" }],
  };
}

/** The first element at which an assertion is false, with the two values compared; null if the assertion holds. */
function firstWrong({ sides }: Assertion, output: string, outputs: Readonly<Record<string, Tensor>>): string | null {
  const { data, shape } = present(outputs[output], `no output ${output}`);
  const flat = data.indexOf(0);
  if (flat < 0) return null;
  const index = shape.length === 0 ? "" : `at [${indexOf(flat, shape).join(", ")}]: `;
  const values = sides?.map((side) => String(Number((outputs[side]?.data[flat] ?? Number.NaN).toPrecision(7)))) ?? [];
  const count = data.filter((x) => x === 0).length;
  return `${index}${values.length === 2 ? values.join(" against ") : "false"}${count > 1 ? `, and ${count - 1} more` : ""}`;
}

/** The index of an element in a row-major tensor. */
function indexOf(flat: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = flat;
  for (const size of shape.toReversed()) {
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return index;
}
