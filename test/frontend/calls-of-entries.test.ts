import { expect, test } from "vitest";
import { elaborateTests } from "../../compiler/frontend/tests.ts";
import { library } from "./program.ts";

const program = `model Net(x: f32[N, 4]) -> f32[N, 2] = x |> dense(2)

train entry step(x: f32[N, 4]) {
  let loss = mean(Net(x) ^ 2)
  minimize loss over Net with sgd(lr: 0.1)
  { loss, calls: step }
}
`;

/** What is reported in a test with this body, by code and text. */
const reported = (body: string): readonly string[] =>
  elaborateTests(
    { name: "test.dl", text: `${program}\ntest "a step" {\n${body}\n}` },
    { variants: [{ N: 8 }], resolve: library },
  ).diagnostics.map(({ code, at }) => `${code} ${at?.span.source.text.slice(at.span.start, at.span.end)}`);

test.each([
  ["a tensor", "let y = reshape(zeros([8, 4]), [3, 5])\nlet out = step(y)", ["reshape-c2 [3, 5]"]],
  ["an unknown name", "repeat k in 3 { step(unknown) }", ["E0201 unknown"]],
  ["its shape", "let out = step(zeros([8, 3]))", ["E0301 zeros([8, 3])"]],
  ["its name", "let out = step(z: zeros([8, 4]))", ["E0404 z"]],
  ["too many", "let out = step(zeros([8, 4]), zeros([2]))", ["E0403 zeros([2])"]],
])("a mistake in an argument of a train entry reports nothing in the entry: %s", (_, body, expected) => {
  expect(reported(body)).toEqual(expected);
});

test("a limit is reported at the loop of the test that is unrolled", () => {
  const plain = "entry many(x: f32[4]) { repeat 50 { x |> tanh |> sin } }";
  const text = `${plain}\ntest "many" {\n  let all = for _ in 250 { many(ones([4])) }\n  assert len(all) == 250\n}`;
  const { diagnostics } = elaborateTests({ name: "test.dl", text }, { variants: [{}], resolve: library });
  const lines = diagnostics.map(({ says, at, help }) => [
    says,
    at?.span.source.text.slice(at.span.start, at.span.end),
    at?.says,
    help,
  ]);
  expect(lines).toEqual([
    [
      "the test has more than 20000 nodes",
      "for _ in 250",
      "unrolls 250 iterations",
      "write `scan _ in 250 { ... }`, which is compiled once",
    ],
  ]);
});
