import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { createResolver } from "../../cli/host/resolver.ts";
import { compileModule } from "../../compiler/compile.ts";

const size = (code: string | Uint8Array): number => gzipSync(code, { level: 9 }).length;

test.each([
  ["predict", 1],
  ["step", 64],
])("the JavaScript of cifar's %s is less than twice as large as its WebAssembly, compressed", (entry, N) => {
  const name = "examples/cifar.dl";
  const text = readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
  const module = compileModule({ name, text }, { dims: { N }, entries: [entry], resolve: createResolver(name) });
  expect(size(module.js().text)).toBeLessThan(2 * size(module.wasm("strict").bytes));
});
