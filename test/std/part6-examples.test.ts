import { expect, test } from "vitest";
import { elements } from "../../compiler/types/tensor-type.ts";
import { sourceOf } from "../end-to-end/examples.ts";
import { programOf, type Dims } from "../frontend/program.ts";

const paramsOf = (name: string, dims: Dims): number =>
  programOf(sourceOf(`examples/${name}.dl`).text, [dims])
    .persistent.filter(({ kind }) => kind === "param")
    .reduce((count, { type }) => count + elements(type.shape), 0);

// Counts from Keras' tutorial, from torchvision, and by hand.
test.each([
  ["cifar", { N: 2 }, 122_570],
  ["resnet18", { N: 2, H: 64, W: 64 }, 11_689_512],
  ["mobilenet-v2", { N: 2, H: 64, W: 64 }, 3_504_872],
  ["language-model", { N: 2, T: 8 }, 256 * 128 + 4 * (12 * 128 * 128 + 13 * 128) + 2 * 128],
] as const)("%s has the params of its paper", (name, dims, count) => {
  expect(paramsOf(name, dims)).toBe(count);
});

test("the CIFAR net takes 15 lines", () => {
  const { text } = sourceOf("examples/cifar.dl");
  const model = /^model [^]*?^}$/m.exec(text)?.[0] ?? "";
  expect(model).toContain("dense(10)");
  expect(model.split("\n").length).toBeLessThanOrEqual(15);
});

test("only training writes running statistics", () => {
  const { entries } = programOf(sourceOf("examples/resnet18.dl").text, [{ N: 2, H: 64, W: 64 }]);
  const written = (entry: string): number =>
    entries
      .find(({ graph }) => graph.name === entry)
      ?.graph.writes.filter(({ path }) => /batch_norm\d+\.(mean|var)$/.test(path)).length ?? -1;
  expect(written("predict")).toBe(0);
  expect(written("step")).toBe(2 * 20);
});
