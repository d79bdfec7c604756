import { expect, test } from "vitest";
import { printGraph } from "../../compiler/graph/print.ts";
import { elaborateText, graphOf, programOf, rendered, run } from "./program.ts";

const net = `dl 1
model Net(x: f32[N, 6, 6, 1]) -> f32[N, 2] {
  let body = x |> conv(3, kernel: [3, 3]) |> relu
  let pooled = global_avg_pool(body)
  pooled |> dense(2)
}
`;
const x = Array.from({ length: 36 }, (_, i) => Math.sin(5 * i));

test("a tap is the result of a part, or the value of a `let`, in the last application", () => {
  const runner = run(`${net}entry f(x: f32[1, 6, 6, 1]) {
  let first = Net(2 * x)
  let y = Net(x)
  { y, all: tap(Net), conv: tap(Net.conv1), body: tap(Net.body), pooled: tap(Net.pooled), again: x |> conv(3, kernel: [3, 3]) }
}
`);
  const out = runner.call("f", { x });
  const w = runner.state("Net.conv1.w");
  const b = runner.state("Net.conv1.b");
  const conv = Array.from({ length: 48 }, (_, k) => {
    const [i, j, c] = [Math.floor(k / 12), Math.floor(k / 3) % 4, k % 3];
    return [0, 1, 2]
      .flatMap((p) => [0, 1, 2].map((q) => (x[6 * (i + p) + j + q] ?? 0) * (w[3 * (3 * p + q) + c] ?? 0)))
      .reduce((s, v) => s + v, b[c] ?? 0);
  });
  out["conv"]?.forEach((v, k) => expect(v).toBeCloseTo(conv[k] ?? 0, 5));
  expect(out["body"]).toEqual(out["conv"]?.map((v) => Math.max(v, 0)));
  expect(out["all"]).toEqual(out["y"]);
  [0, 1, 2].forEach((c) => {
    const channel = (out["body"] ?? []).filter((_, k) => k % 3 === c);
    expect(out["pooled"]?.[c]).toBeCloseTo(channel.reduce((s, v) => s + v, 0) / 16, 5);
  });
});

// R. Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based localization", 2017.
test("a tap has a gradient: Grad-CAM", () => {
  const runner = run(`${net}entry cam(x: f32[1, 6, 6, 1]) {
  let y = Net(x)
  let maps = tap(Net.body)
  let weight = mean(grad(y[0, 0], maps), axis: [1, 2])
  { maps, weight, cam: relu(sum(maps * reshape(weight, [1, 1, 1, 3]), axis: -1)) }
}
`);
  const out = runner.call("cam", { x });
  // The score is dense(mean over 16 pixels), so that each pixel has the slope w / 16.
  const w = runner.state("Net.dense1.w");
  out["weight"]?.forEach((v, c) => expect(v).toBeCloseTo((w[2 * c] ?? 0) / 16, 6));
  out["cam"]?.forEach((v, k) => {
    const sum = [0, 1, 2].reduce((s, c) => s + (out["maps"]?.[3 * k + c] ?? 0) * ((w[2 * c] ?? 0) / 16), 0);
    expect(v).toBeCloseTo(Math.max(sum, 0), 6);
  });
});

test("a tap from outside is an output named by its path; without taps nothing changes", () => {
  const text = `${net}entry f(x: f32[1, 6, 6, 1]) { { y: Net(x) } }\n`;
  const tapped = elaborateText(text, [{}], {}, undefined, { f: ["Net.conv1", "Net.pooled"] });
  expect(rendered(tapped)).toBe("");
  const graphs = tapped.program?.entries.map(({ graph }) => graph) ?? [];
  expect(graphs[0]?.outputs.map(({ name }) => name)).toEqual(["y", "Net.conv1", "Net.pooled"]);
  const plain = graphOf(programOf(text), "f");
  expect(plain.nodes.length).toBe(graphs[0]?.nodes.length);
  const withEmpty = elaborateText(text, [{}], {}, undefined, { f: [] }).program?.entries[0]?.graph;
  expect(withEmpty && printGraph(withEmpty)).toBe(printGraph(plain));
});

test.each([
  ["tap(Net.conv2)", "did you mean `Net.conv1`?"],
  ["tap(Other)", "unknown name `Other`"],
  ["tap(relu)", "is not a part of a model"],
  ["tap(3)", "is not a part of a model"],
])("%s is an error", (text, message) => {
  expect(rendered(elaborateText(`${net}entry f(x: f32[1, 6, 6, 1]) { { y: Net(x), t: ${text} } }\n`))).toContain(
    message,
  );
});

test("a tap before the application, and one of a value in a loop, are errors", () => {
  const early = `${net}entry f(x: f32[1, 6, 6, 1]) {
  let t = tap(Net.conv1)
  { y: Net(x), t }
}
`;
  expect(rendered(elaborateText(early))).toContain("has not computed `Net.conv1`");
  const loop = `dl 1
model Net(x: f32[N, 5, 3]) -> f32[N, 5, 2] {
  let cell = dense(2)
  scan xt in x along 1 {
    yield cell(xt)
  }
}
entry f(x: f32[2, 5, 3]) {
  let y = Net(x)
  { y, t: tap(Net.cell) }
}
`;
  expect(rendered(elaborateText(loop))).toContain("`Net.cell` is computed in the body of a loop or branch");
});
