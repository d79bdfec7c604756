import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Grammar } from "../../dsl/grammar.ts";
import { parse, stripSpans } from "../../dsl/index.ts";
import { makeLexer } from "../../dsl/lex.ts";
import { exportedBy, outline } from "../../dsl/outline.ts";

const root = new URL("../../", import.meta.url).pathname;
const library = globSync("dsl/std/*.dl", { cwd: root })
  .toSorted()
  .map((name) => ({ name, text: readFileSync(root + name, "utf8") }));

test.each(library)("$name: the outline has the declarations that the parser finds, in the same order", (source) => {
  const { file } = parse(source);
  const callables = file?.items.filter((item) => "where" in item) ?? [];
  const outlined = outline(source);
  expect(outlined.map(({ name }) => name)).toEqual(callables.map(({ name }) => name.text));
  expect(outlined.map(({ declaration }) => declaration())).toEqual(callables);
});

test("the library declares each name once", () => {
  const names = library.flatMap((source) => outline(source).map(({ name }) => name));
  expect(names.length).toBeGreaterThan(100);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});

test.each(library)("$name: what it exports is declared in it and has a comment", (source) => {
  const documented = parse(source).file?.items.flatMap((item) =>
    "statics" in item && item.doc !== "" ? [item.name.text] : [],
  );
  const exported = exportedBy(source);
  expect(exported.length).toBeGreaterThan(0);
  expect(exported.filter((name) => !documented?.includes(name))).toEqual([]);
});

test("other items of a file are skipped, and a declaration is parsed once", () => {
  const text =
    'dl 1\n\ndim N\n\n// One.\nfn f(x: f32[N]) -> f32[N]\n  where N > 0\n{\n  x\n}\n\ntest "t" {\n  assert true\n}\n\nmodel M(\n  x: f32[N],\n) -> f32[N] = f(x)\n';
  const [f, model, ...more] = outline({ name: "t.dl", text });
  expect(more).toEqual([]);
  expect(stripSpans(f?.declaration())).toMatchObject({ kind: "fn", name: { text: "f" }, doc: "One." });
  expect(f?.declaration()).toBe(f?.declaration());
  expect(model?.name).toBe("M");
  expect(model?.declaration().name.span.start).toBe(text.indexOf("M("));
});

test("an error in a library is an internal error", () => {
  const [f] = outline({ name: "lib.dl", text: "fn f(x: f32[N]) = (\n" });
  expect(() => f?.declaration()).toThrow("lib.dl has a mistake: unclosed `(`");
});

test("the definitions of lexer and grammar pass the checks of the parser library", () => {
  expect(makeLexer({ validated: true }).lexerDefinitionErrors).toEqual([]);
  expect(new Grammar({ validated: true }).item).toBeTypeOf("function");
});
