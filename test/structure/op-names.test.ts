// Passes, analyses and the schedule know ops by their entries: by form, and by what an entry says. A name stands in the text of a rewrite rule, and nowhere else.
import { expect, test } from "vitest";
import { semantics } from "../../compiler/kernel/arithmetic.ts";
import { opNamed } from "../../compiler/graph/op.ts";
import { ops } from "../../compiler/ops/table.ts";
import { sourceFiles } from "./source-files.ts";

const withoutComments = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*/g, "");

/** Words of other vocabularies that are spelled like ops: the kind of a form, an area of memory, an attribute. */
const otherwise = /(?:\bkind|\barea)\s*(?:===|!==|:)\s*$|\battrs\[$/;

/** Whether the last `switch` before a `case` is over kinds. */
const ofKinds = (before: string): boolean => /\bcase\s*$/.test(before) && /\bkind$/.test(/.*switch \(([^)]*)\)/s.exec(before)?.[1] ?? "");

/** Literals that are the name of an op, each with its line. */
function opNames(text: string, allowed: (name: string) => boolean): string[] {
  const code = withoutComments(text);
  return [...code.matchAll(/(["'`])([a-z]\w*)\1/g)].flatMap((match) => {
    const [before, name] = [code.slice(0, match.index), match[2] ?? ""];
    if (opNamed(ops, name) === undefined || allowed(name) || otherwise.test(before) || ofKinds(before)) return [];
    return [code.split("\n")[before.split("\n").length - 1]?.trim() ?? name];
  });
}

const files = sourceFiles();

test("no pass, analysis or schedule names an op", () => {
  for (const { path, text } of files) {
    if (!/^compiler\/(passes|analysis|schedule)\//.test(path)) continue;
    // The schedule writes kernels, whose operators have names of their own.
    const isOperator = (name: string): boolean => path.startsWith("compiler/schedule/") && name in semantics;
    expect(opNames(text, isOperator), `${path}: let the op's entry in compiler/ops say what this asks`).toEqual([]);
  }
});

test("the check finds names that are compared, called, listed and switched over", () => {
  const never = (): boolean => false;
  expect(opNames('if (op.name === "dot") return g.call("reshape", [x]); // "take"', never)).toHaveLength(2);
  expect(opNames('const moves = new Set(["slice", "pad"]);', never)).toHaveLength(2);
  expect(opNames('switch (op.name) {\n  case "dot":', never)).toEqual(['case "dot":']);
  expect(opNames('switch (op.form.kind) {\n  case "scan":', never)).toEqual([]);
  expect(opNames('op.form.kind === "while" || attrs["reverse"] || rule("dot(x, y) => x")', never)).toEqual([]);
});
