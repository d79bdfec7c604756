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
