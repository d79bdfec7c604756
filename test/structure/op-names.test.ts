// Passes, analyses and the schedule read the form and the fields of an op's entry. Only the text of a rewrite rule may
// contain the name of an op.
import { expect, test } from "vitest";
import { semantics } from "../../compiler/kernel/arithmetic.ts";
import { opNamed } from "../../compiler/graph/op.ts";
import { ops } from "../../compiler/ops/table.ts";
import { sourceFiles } from "./source-files.ts";

const withoutComments = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*/g, "");

/** Other names that are spelled like ops: the kind of a form, an area of memory, an attribute. */
const otherNames = /(?:\bkind|\barea)\s*(?:===|!==|:)\s*$|\battrs\[$/;

/** Whether the last `switch` before a `case` is over kinds. */
const ofKinds = (before: string): boolean =>
  /\bcase\s*$/.test(before) && /\bkind$/.test(/.*switch \(([^)]*)\)/s.exec(before)?.[1] ?? "");

/** Literals that are the name of an op, each with its line. */
function opNames(text: string, allowed: (name: string) => boolean): string[] {
  const code = withoutComments(text);
  return [...code.matchAll(/(["'`])([a-z]\w*)\1/g)].flatMap((match) => {
    const [before, name] = [code.slice(0, match.index), match[2] ?? ""];
    if (opNamed(ops, name) === undefined || allowed(name) || otherNames.test(before) || ofKinds(before)) return [];
    return [code.split("\n")[before.split("\n").length - 1]?.trim() ?? name];
  });
}

const files = sourceFiles();

test("no pass, analysis or schedule names an op", () => {
  for (const { path, text } of files) {
    if (!/^compiler\/(passes|analysis|schedule)\//.test(path)) continue;
    // The schedule builds kernels, whose operators have separate names.
    const isOperator = (name: string): boolean => path.startsWith("compiler/schedule/") && name in semantics;
    expect(opNames(text, isOperator), `${path}: use or add a field of the op's entry in compiler/ops instead`).toEqual(
      [],
    );
  }
});

test("the check finds names in comparisons, calls, lists and switches", () => {
  const never = (): boolean => false;
  expect(opNames('if (op.name === "dot") return g.call("reshape", [x]); // "take"', never)).toHaveLength(2);
  expect(opNames('const moves = new Set(["slice", "pad"]);', never)).toHaveLength(2);
  expect(opNames('switch (op.name) {\n  case "dot":', never)).toEqual(['case "dot":']);
  expect(opNames('switch (op.form.kind) {\n  case "scan":', never)).toEqual([]);
  expect(opNames('op.form.kind === "while" || attrs["reverse"] || rule("dot(x, y) => x")', never)).toEqual([]);
});
