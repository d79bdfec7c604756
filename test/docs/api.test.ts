// docs/api.md: every function has examples, and they do what they say.
import { expect, test } from "vitest";
import { chapters } from "../../tools/docs/api/page.ts";
import { setup } from "../../tools/docs/api/setup.ts";
import { claimsOf, Folder } from "./examples-in-js.ts";

const entries = chapters().flatMap((chapter) =>
  chapter.entries.map((entry) => ({ ...entry, title: `${chapter.title}: ${entry.name}`, setup: chapter.setup })),
);
const values = entries.filter(({ isValue }) => isValue);
const examples = values.flatMap(({ title, setup: before, examples: own }) =>
  own.map((example) => ({ title, text: before + example, claims: claimsOf(example) })),
);

test("the page has the members of a model and what each module exports", () => {
  const titles = entries.map(({ title }) => title);
  for (const title of ["A built model: run", "`dlc`: compile", "`dlc/runtime`: LoadOptions", "`dlc/std`: resolveStd"])
    expect(titles).toContain(title);
});

test("every module begins with a comment that says what it is for", () => {
  expect(chapters().flatMap(({ title, about }) => (about === "" ? [title] : []))).toEqual([]);
});

test("every value has a comment and an example that claims something", () => {
  const without = (lacks: (value: (typeof values)[number]) => boolean): readonly string[] =>
    values.filter(lacks).map(({ title }) => title);
  expect(without(({ doc }) => doc === "")).toEqual([]);
  expect(without((value) => value.examples.length === 0)).toEqual([]);
  expect(examples.filter(({ claims }) => claims === 0).map(({ title }) => title)).toEqual([]);
});

test("every example does what it says", { timeout: 60_000 }, () => {
  using folder = new Folder({ "mlp.dl": setup.model });
  folder.command(setup.build);
  const outcomes = folder.run(examples.map(({ text }) => text));
  expect(outcomes.map((outcome, i) => ({ title: examples[i]?.title, ...outcome }))).toEqual(
    examples.map(({ title, claims }) => ({ title, claims, error: null })),
  );
});
