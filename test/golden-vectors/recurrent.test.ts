import { test } from "vitest";
import { caseOf, casesOf, check, type Case } from "./vectors.ts";

const typeOf = (vectors: Case, name: string): string => `f32[${vectors.inputs[name]?.shape.join(", ")}]`;
test("rnn", async () => {
  const vectors = caseOf("rnn", "tanh");
  await check(vectors, {
    text: `
model Net(x: ${typeOf(vectors, "x")}) = x |> rnn(2)
entry run(x: ${typeOf(vectors, "x")}, dy: ${typeOf(vectors, "dy")}) {
  let y = Net(x)
  let loss = sum(y * dy)
  let (dw, du, db) = grad(loss, params(Net))
  { y, dx: grad(loss, x), dw, du, db }
}`,
  });
});

for (const vectors of casesOf("lstm"))
  test(`lstm, ${vectors.name}`, async () => {
    const start = "f32[2, 2]";
    await check(vectors, {
      text: `
model Net(x: ${typeOf(vectors, "x")}, h0: ${start}, c0: ${start}) = x |> lstm(2, start: [h0, c0], return_state: true)
entry run(x: ${typeOf(vectors, "x")}, h0: ${start}, c0: ${start}, dy: ${typeOf(vectors, "dy")}) {
  let (y, h, c) = Net(x, h0, c0)
  let loss = sum(y * dy) + sum(c * c)
  let (dw, du, db) = grad(loss, params(Net))
  { y, h, c, dx: grad(loss, x), dw, du, db, dh0: grad(loss, h0), dc0: grad(loss, c0) }
}`,
    });
  });

for (const vectors of casesOf("gru"))
  test(`gru, ${vectors.name}`, async () => {
    const after = vectors.name === "reset-after";
    await check(vectors, {
      params: { bn: "bu" },
      text: `
model Net(x: ${typeOf(vectors, "x")}) = x |> gru(2, reset_after: ${after})
entry run(x: ${typeOf(vectors, "x")}, dy: ${typeOf(vectors, "dy")}) {
  let y = Net(x)
  let loss = sum(y * dy)
  let (dw, du, db${after ? ", dbn" : ""}) = grad(loss, params(Net))
  { y, dx: grad(loss, x), dw, du, db${after ? ", dbn" : ""} }
}`,
    });
  });

test("bidirectional lstm", async () => {
  const vectors = caseOf("bidirectional", "lstm-concat");
  await check(vectors, {
    text: `
model Net(x: ${typeOf(vectors, "x")}) = x |> bidirectional(lstm, 2)
entry run(x: ${typeOf(vectors, "x")}, dy: ${typeOf(vectors, "dy")}) {
  let y = Net(x)
  { y, dx: grad(sum(y * dy), x) }
}`,
  });
});

test("layer-norm lstm", async () => {
  const vectors = caseOf("layer-norm-lstm", "equations");
  const slopes = Object.keys(vectors.params).map((name) => `d${name}`);
  await check(vectors, {
    text: `
model Net(x: ${typeOf(vectors, "x")}, h0: f32[2, 2], c0: f32[2, 2]) = x |> layer_norm_lstm(2, start: [h0, c0], return_state: true)
entry run(x: ${typeOf(vectors, "x")}, h0: f32[2, 2], c0: f32[2, 2], dy: ${typeOf(vectors, "dy")}) {
  let (y, h, c) = Net(x, h0, c0)
  let loss = sum(y * dy)
  let (${slopes.join(", ")}) = grad(loss, params(Net))
  { y, h, c, dx: grad(loss, x), ${slopes.join(", ")} }
}`,
  });
});

for (const vectors of casesOf("conv-lstm"))
  test(`convolutional lstm, ${vectors.name}`, async () => {
    const slopes = Object.keys(vectors.params).map((name) => `d${name}`);
    await check(vectors, {
      text: `
model Net(x: ${typeOf(vectors, "x")}) = x |> conv_lstm(2, peephole: ${vectors.options["peephole"]}, return_state: true)
entry run(x: ${typeOf(vectors, "x")}, dy: ${typeOf(vectors, "dy")}) {
  let (y, h, c) = Net(x)
  let loss = sum(y * dy)
  let (${slopes.join(", ")}) = grad(loss, params(Net))
  { y, h, c, dx: grad(loss, x), ${slopes.join(", ")} }
}`,
    });
  });

test("stacked bidirectional lstm over padded sequences", async () => {
  const vectors = caseOf("stacked", "bidirectional-lstm");
  const [x, dy] = [typeOf(vectors, "x"), typeOf(vectors, "dy")];
  await check(vectors, {
    text: `
model Net(x: ${x}, lengths: i32[2]) {
  let net = stacked(bidirectional(lstm), 2, 2, mask: padding_mask(lengths, size: 4))
  (net(x), net(x, last: true))
}
entry run(x: ${x}, lengths: i32[2], dy: ${dy}) {
  let (y, last) = Net(x, lengths)
  { y, last, dx: grad(sum(last * dy), x) }
}`,
    params: Object.fromEntries(
      Object.keys(vectors.params).map((name) => [name, name.replace(".", ".bidirectional1.")]),
    ),
  });
});
