import { test } from "vitest";
import { argumentsOf, casesOf, check } from "./vectors.ts";

for (const vectors of casesOf("optimizers")) {
  const given = argumentsOf(vectors.options);
  test(`${vectors.name}(${given})`, async () => {
    await check(
      { ...vectors, outputs: { w: vectors.outputs["path"] ?? { shape: [], data: [] } } },
      {
        calls: 20,
        after: { w: "Net.w" },
        text: `
model Net(a: f32[4]) -> f32[] {
  param w: f32[4] = zeros
  sum(cos(a * w))
}
train entry run(a: f32[4]) {
  let loss = Net(a)
  minimize loss over Net with ${vectors.name}(${given})
  { loss }
}`,
      },
    );
  });
}
