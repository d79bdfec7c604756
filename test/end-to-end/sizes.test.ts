import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compiledSubject, compressed, sizeSubjects } from "../../bench/sizes-subjects.ts";
import { createResolver } from "../../cli/host/resolver.ts";
import { compileModule } from "../../compiler/compile.ts";

test.each(sizeSubjects)("$name takes at most $most bytes, compressed, without init, and init few more", (subject) => {
  const module = compiledSubject(subject);
  const without = compressed(module.withoutInit().wasm("fast").bytes);
  expect(without).toBeLessThanOrEqual(subject.most);
  expect(compressed(module.wasm("fast").bytes) - without).toBeLessThanOrEqual(subject.mostInit);
});

test.each([
  ["predict", 1],
  ["step", 64],
])("the JavaScript of cifar's %s is less than twice as large as its WebAssembly, compressed", (entry, N) => {
  const name = "examples/cifar.dl";
  const text = readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
  const module = compileModule({ name, text }, { dims: { N }, entries: [entry], resolve: createResolver(name) });
  expect(compressed(module.js().text)).toBeLessThan(2 * compressed(module.wasm("strict").bytes));
});
