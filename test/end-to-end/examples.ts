import { readFileSync } from "node:fs";
import { createResolver } from "../../cli/host/resolver.ts";
import { compileModule, type CompiledModule, type CompileOptions } from "../../compiler/index.ts";
import type { Source } from "../../dsl/span.ts";

export const examples = ["examples/mnist/mlp.dl", "examples/mnist/lenet.dl"] as const;

export function sourceOf(name: string): Source {
  return { name, text: readFileSync(new URL(`../../${name}`, import.meta.url), "utf8") };
}

export function compileExample(name: string, options: Partial<CompileOptions> = {}): CompiledModule {
  return compileModule(sourceOf(name), { dims: { N: 4 }, resolve: createResolver(name), ...options });
}

/** Reproducible numbers in [0, 1). */
export function sequence(seed: number): () => number {
  let state = (seed * 2654435761 + 97) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Synthetic digits that a net can learn: the row and the column of the label are bright. */
export function digits(count: number, seed = 1): { image: Float32Array; label: Int32Array } {
  const next = sequence(seed);
  const label = Int32Array.from({ length: count }, () => Math.floor(next() * 10));
  const image = Float32Array.from({ length: count * 784 }, (_, i) => {
    const digit = label[Math.floor(i / 784)] ?? 0;
    const [row, column] = [Math.floor((i % 784) / 28), i % 28];
    return (Math.floor(row / 2.8) === digit || Math.floor(column / 2.8) === digit ? 0.7 : 0) + 0.3 * next();
  });
  return { image, label };
}
