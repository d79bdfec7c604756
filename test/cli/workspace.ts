import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeNpy } from "../../compiler/formats/npy.ts";
import { createRandom } from "../../runtime/random.ts";

const net = `dl 1

model Net(image: f32[N, 4, 4, 1]) -> f32[N, 10] {
  image |> flatten |> dense(16) |> relu |> dense(10)
}

entry predict(image: f32[N, 4, 4, 1]) {
  let logits = Net(image)
  { logits, probs: softmax(logits) }
}

train entry step(image: f32[N, 4, 4, 1], label: i32[N]) {
  let logits = Net(image)
  let loss = mean(cross_entropy(logits, label))
  minimize loss over Net with adam(lr: 1e-2)
  { loss, accuracy: accuracy(logits, label) }
}
`;

const twice = `dl 1

entry twice(x: f32[N, 2]) { y: x * 2.0 }
`;

const broken = `dl 1

entry wrong(x: f32[N, 2]) {
  let y = dens(x)
  { y: y @ x }
}
`;

/** A folder with small models, an input, and data in MNIST's format: 4 x 4 images of two classes. */
export function createWorkspace(): string {
  const folder = mkdtempSync(join(tmpdir(), "dlc-cli-"));
  const write = (name: string, data: string | Uint8Array): void => writeFileSync(join(folder, name), data);
  write("net.dl", net);
  write("twice.dl", twice);
  write("broken.dl", broken);
  write("untidy.dl", twice.replace("x * 2.0", "x*2.0"));
  write("x.npy", writeNpy({ dtype: "f32", shape: [3, 2], data: new Float32Array([1, 2, 3, 4, 5, 6]) }));
  write("words.txt", "words");
  const random = createRandom(3);
  for (const [name, count] of [
    ["train", 50],
    ["t10k", 20],
  ] as const) {
    const labels = Uint8Array.from({ length: count }, () => random.below(2));
    const pixels = Uint8Array.from(
      { length: count * 16 },
      (_, i) => random.below(90) + (labels[Math.floor(i / 16)] === 1 ? 160 : 0),
    );
    write(
      `${name}-images-idx3-ubyte`,
      Uint8Array.from([0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 4, 0, 0, 0, 4, ...pixels]),
    );
    write(`${name}-labels-idx1-ubyte`, Uint8Array.from([0, 0, 8, 1, 0, 0, 0, count, ...labels]));
  }
  return folder;
}
