/** What the examples of the page start from: a model, its build, and variables. */
export const setup = {
  model: `dl 1

setting lr: f32 = 1e-3 in log(1e-5, 1e-1)

model MLP(image: f32[N, 28, 28, 1]) -> f32[N, 10] {
  image |> flatten |> dense(256) |> relu |> dense(10)
}

entry predict(image: f32[N, 28, 28, 1]) {
  let logits = MLP(image)
  { logits, probs: softmax(logits) }
}

train entry step(image: f32[N, 28, 28, 1], label: i32[N]) {
  let loss = mean(cross_entropy(MLP(image), label))
  minimize loss over MLP with adam(lr: lr)
  { loss }
}
`,
  build: "dlc build mlp.dl --variant predict:N=1 --variant step:N=2 --full -o out",
  /** For examples with a built model. */
  built: `import { load } from "./out/module.mjs";
const model = await load();
const image = new Float32Array(784);
const batch = { image: new Float32Array(2 * 784), label: [3, 7] };
`,
  /** For examples that compile, by the module that they are about. */
  doors: new Map([
    ...["dlc/compiler", "dlc/runtime"].map((name): [string, string] => [
      name,
      `import { readFileSync } from "node:fs";
import { resolveStd } from "dlc/std";
const source = { name: "mlp.dl", text: readFileSync("mlp.dl", "utf8") };
const options = { dims: { N: 1 }, resolve: resolveStd };
`,
    ]),
  ]),
} as const;
