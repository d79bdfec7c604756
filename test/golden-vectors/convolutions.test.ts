import { test } from "vitest";
import { argumentsOf, casesOf, check, type Case } from "./vectors.ts";

const typeOf = (vectors: Case, name: string): string => `f32[${vectors.inputs[name]?.shape.join(", ")}]`;

for (const vectors of casesOf("convolutions"))
  test(vectors.name, async () => {
    const layer = vectors.name.startsWith("conv-transposed") ? "conv_transpose" : "conv";
    const { kernel, stride, dilation = 1, ...rest } = vectors.options;
    const options = argumentsOf({
      kernel,
      stride: [stride],
      ...(layer === "conv" && { dilation: [dilation] }),
      ...rest,
    });
    await check(vectors, {
      text: `
model Net(x: ${typeOf(vectors, "x")}) = x |> ${layer}(${options})
entry run(x: ${typeOf(vectors, "x")}, dy: ${typeOf(vectors, "dy")}) {
  let y = Net(x)
  let loss = sum(y * dy)
  let found = grad(loss, params(Net))
  { y, dx: grad(loss, x), dw: found[0], db: found[1] }
}`,
    });
  });

for (const vectors of casesOf("pooling"))
  test(vectors.name, async () => {
    const layer = vectors.name
      .replace("-overlap", "")
      .replace("upsample-nearest", "upsample")
      .replace("upsample-bilinear", "upsample");
    const options =
      vectors.name === "upsample-bilinear"
        ? `${argumentsOf(vectors.options)}, mode: "bilinear"`
        : argumentsOf(vectors.options);
    await check(vectors, {
      text: `
entry run(x: ${typeOf(vectors, "x")}, dy: ${typeOf(vectors, "dy")}) {
  let y = x |> ${layer}(${options})
  { y, dx: grad(sum(y * dy), x) }
}`,
    });
  });
