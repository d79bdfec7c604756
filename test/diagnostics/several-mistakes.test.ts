// Examples with one to four independent mistakes: a run reports each of them, and nothing that follows from them.
import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createRandom, type Random } from "../../runtime/random.ts";
import { checkSource } from "../../compiler/inspect/check.ts";
import { present } from "../../compiler/support/invariant.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { parse } from "../../dsl/parse.ts";
import { renderDiagnostic } from "../../dsl/render.ts";
import { locationOf, position, type Source, type Span } from "../../dsl/span.ts";
import { library } from "../frontend/program.ts";

const root = new URL("../../", import.meta.url);
const examples: readonly Source[] = globSync("examples/**/*.dl", { cwd: root })
  .toSorted()
  .map((name) => ({ name, text: readFileSync(new URL(name, root), "utf8") }))
  .filter(({ text }) => text.length < 4000 && !text.includes("\nimport "));

/** A change of the text that makes one mistake. */
interface Mistake {
  readonly kind: "name" | "argument" | "value";
  readonly span: Span;
  readonly text: string;
}

const isNode = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !("text" in value && "name" in value);

/** Not expressions. */
const skipped: ReadonlySet<string> = new Set(["span", "type", "pattern", "name"]);

/** The places where a name, the name of an argument or a static argument can be wrong, outside types and tests. */
function mistakesIn(source: Source): readonly Mistake[] {
  const found: Mistake[] = [];
  const visit = (node: unknown, certain = true): void => {
    if (Array.isArray(node)) return node.forEach((each) => visit(each, certain));
    if (!isNode(node)) return;
    const { kind, span } = node as { readonly kind?: string; readonly span?: Span };
    if (kind === "name" && span !== undefined) {
      const text = source.text.slice(span.start, span.end);
      if (text.length > 2) found.push({ kind: "name", span, text: `${text}_zz` });
    }
    const into = kind === "pipe" ? (node["into"] as Node) : null;
    if (kind === "call" || into?.kind === "call")
      for (const { name, value } of (into ?? node)["args"] as readonly {
        name: { span: Span; text: string } | null;
        value: Node;
      }[]) {
        if (name !== null && kind === "call")
          found.push({ kind: "argument", span: name.span, text: `${name.text}_zz` });
        else if (value.kind === "number" && name === null && certain && kind === "pipe")
          found.push({ kind: "value", span: value.span, text: '"zz"' });
      }
    for (const [key, child] of Object.entries(node)) if (!skipped.has(key)) visit(child, certain && kind !== "if");
  };
  const { file } = parse(source);
  for (const item of file?.items ?? []) {
    if (item.kind === "entry") visit(item.body);
    else if ("statics" in item) visit(item.body);
  }
  return found;
}

interface Node extends Readonly<Record<string, unknown>> {
  readonly kind: string;
  readonly span: Span;
}

/** Mistakes on different lines: two in one call may not be independent. */
function chosen(random: Random, all: readonly Mistake[], count: number): readonly Mistake[] {
  const lines = new Set<number>();
  const picked: Mistake[] = [];
  for (let attempt = 0; attempt < 50 && picked.length < count; attempt++) {
    const mistake = present(all[random.below(all.length)], "a mistake");
    const { line } = position(mistake.span.source, mistake.span.start);
    if (lines.has(line)) continue;
    lines.add(line);
    picked.push(mistake);
  }
  return picked.toSorted((a, b) => b.span.start - a.span.start);
}

/** What `dlc check` reports of the text with these mistakes, which are in the order of descending location. */
function diagnosticsWith({ name, text }: Source, mistakes: readonly Mistake[]): readonly Diagnostic[] {
  const changed = mistakes.reduce(
    (s, { span, text: other }) => s.slice(0, span.start) + other + s.slice(span.end),
    text,
  );
  return checkSource({ name, text: changed }, { resolve: (path) => library(path) });
}

/** Texts per example; `MISTAKES=40` tries more. */
const perExample = Number(process.env["MISTAKES"] ?? 2);

test.each(examples.map((source) => [source.name, source] as const))(
  "%s: every mistake is reported, once",
  (_, source) => {
    const random = createRandom(source.text.length);
    const all = mistakesIn(source);
    for (let k = 0; k < perExample; k++) {
      const mistakes = chosen(random, all, 1 + random.below(4)).filter(
        (mistake) => diagnosticsWith(source, [mistake]).length > 0,
      );
      const found = diagnosticsWith(source, mistakes);
      const made = mistakes.map(({ span, text }) => `${locationOf(span)} ${text}`).join(", ");
      const shown = found.map((d) => renderDiagnostic(d, { color: false })).join("\n");
      expect(found.length, `${made}\n${shown}`).toBe(mistakes.length);
    }
  },
);
