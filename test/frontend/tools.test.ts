import { expect, test } from "vitest";
import { checkSource } from "../../compiler/inspect/check.ts";
import { runTests } from "../../compiler/inspect/run-tests.ts";
import { gathered } from "../support/gathered.ts";
import { showShapes } from "../../compiler/inspect/shapes.ts";
import { summarize } from "../../compiler/inspect/summary.ts";
import { renderDiagnostic } from "../../dsl/render.ts";
import { library } from "./program.ts";

const resolve = (path: string) => (path.startsWith("std/") ? library(path) : null);
const source = (text: string) => ({ name: "test.dl", text });

const net = `model Net(x: f32[N, 8, 8, 1]) -> f32[N, 10] {
  let y = x |> conv(4, kernel: [3, 3])
    |> relu
  y |> flatten |> dense(10)
}
entry predict(x: f32[N, 8, 8, 1]) { softmax(Net(x)) }
train entry step(x: f32[N, 8, 8, 1], label: i32[N]) {
  let loss = mean(cross_entropy(Net(x), label))
  minimize loss over Net with sgd(lr: 0.1)
  { loss }
}`;

test("shapes are shown at the ends of lines", () => {
  expect(showShapes(source(net), { resolve }).split("\n").slice(0, 5)).toEqual([
    "model Net(x: f32[N, 8, 8, 1]) -> f32[N, 10] {",
    "  let y = x |> conv(4, kernel: [3, 3])           // f32[N=32, 6, 6, 4]",
    "    |> relu                                      // f32[N=32, 6, 6, 4]",
    "  y |> flatten |> dense(10)                      // f32[N=32, 144] |> f32[N=32, 10]",
    "}",
  ]);
});

test("a summary has layers, shapes, params and FLOPs", () => {
  const { rows, params, flops, assumed, entry } = summarize(source(net), null, { resolve });
  expect(entry).toBe("predict");
  expect(assumed).toEqual(["N = 1"]);
  expect(
    rows.filter((row) => row.path !== "").map(({ path, depth, output, params: own }) => ({ path, depth, output, own })),
  ).toEqual([
    { path: "Net", depth: 0, output: "[N, 10]", own: 4 * 9 + 4 + 144 * 10 + 10 },
    { path: "Net.conv1", depth: 1, output: "[N, 6, 6, 4]", own: 40 },
    { path: "Net.dense1", depth: 1, output: "[N, 10]", own: 1450 },
  ]);
  expect(params).toBe(1490);
  expect(rows.find((row) => row.path === "Net.conv1")?.flops).toBe(2 * 9 * 144 + 144);
  expect(flops).toBeGreaterThan(2 * 9 * 144 + 2 * 1440);
});

test("a check needs no sizes; errors show the assumed size", () => {
  expect(checkSource(source(net), { resolve })).toEqual([]);
  const [first, ...others] = checkSource(source(net.replace("f32[N, 10] {", "f32[N, 11] {")), { resolve });
  expect(others).toEqual([]);
  expect(first?.says).toContain("f32[N=32, 10]");
});

test("consequences of a missing size are not reported", () => {
  const messages = checkSource(source(`${net}\ntest "t" { assert missing }`), { resolve });
  expect(messages.map((d) => d.code)).toEqual(["E0201"]);
});

test("a failed test reports the location, the values and the target", async () => {
  const results = await gathered(
    runTests(
      source(`${net}
test "probabilities sum to one" { assert close(sum(predict(ones([2, 8, 8, 1])), axis: -1), ones([2]), 1e-6) }
test "training lowers the loss" {
  let (x, label) = (normal([4, 8, 8, 1]), iota(shape: [4], axis: 0, dtype: "i32"))
  let first = step(x, label)
  assert step(x, label).loss < first.loss, "the loss falls"
}
test "wrong" {
  assert 1 + 1 == 3, "sums"
  assert close(ones([2, 2]) * 2, full([2, 2], 2.5), 0.1)
}`),
      { resolve },
      ["reference", "wasm"],
    ),
  );
  expect(results.map((r) => [r.title, r.failures.length])).toEqual([
    ["probabilities sum to one", 0],
    ["training lowers the loss", 0],
    ["wrong", 4],
  ]);
  const shown = results
    .flatMap((r) => r.failures)
    .map((d) => renderDiagnostic(d, { color: false }))
    .join("\n");
  expect(shown).toContain("error[E0513]: sums");
  expect(shown).toContain("wasm: at [0, 0]: 2 against 2.5, and 3 more");
  expect(shown).toContain("in this test");
});
