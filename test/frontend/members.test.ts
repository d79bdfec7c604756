import { expect, test } from "vitest";
import { elaborateText, graphOf, programOf, rendered, run } from "./program.ts";

const two = `dl 1
layer net(x: f32[N, 3]) -> f32[N, 2] = x |> batch_norm |> dense(2)
model Q(x: f32[N, 3]) = net(x)
model Target(x: f32[N, 3]) = net(x)
`;
const sync = `train entry sync() {
  minimize distance(Target, Q) over Target with sgd(lr: 1)
  { gap: distance(Target, Q) }
}
`;
const use = `entry predict(x: f32[2, 3]) { { q: Q(x), target: Target(x) } }
`;

test.each([
  ["after the entries that apply them", two + use + sync],
  ["before them", two + sync + use],
])("an entry uses the params of models that it does not apply: %s", (_, text) => {
  const runner = run(text);
  expect(runner.state("Q.net1.dense1.w")).not.toEqual(runner.state("Target.net1.dense1.w"));
  expect(runner.call("sync")["gap"]?.[0]).toBeLessThan(1e-12);
});

test("entries keep the order of the file", () => {
  const names = programOf(two + sync + use).entries.map(({ graph }) => graph.name);
  expect(names).toEqual(["sync", "predict", "init"]);
});

test("params keep their order, and their initial values, where a later entry needs those of an earlier one", () => {
  const paths = (text: string): string[] => programOf(text).persistent.map(({ path }) => path);
  const step = `train entry step(x: f32[2, 3]) {
  freeze Q.net1.dense1.b
  minimize mean(Q(x)) over Q with sgd(lr: 0.1)
}
`;
  expect(paths(two + step + use)).toEqual(paths(two + step + use + sync).filter((path) => !path.startsWith("sync.")));
});

test("an entry that is compiled alone finds the params in entries that are not", () => {
  const found = elaborateText(two + use + sync, [{}], {}, ["sync"]);
  expect(rendered(found)).toBe("");
  expect(found.program?.entries.map(({ graph }) => graph.name)).toEqual(["sync", "init"]);
  const params = found.program?.persistent.filter(({ kind }) => kind === "param").map(({ path }) => path);
  expect(params).toEqual(
    ["Q", "Target"].flatMap((name) =>
      ["gamma", "beta"]
        .map((p) => `${name}.net1.batch_norm1.${p}`)
        .concat(["w", "b"].map((p) => `${name}.net1.dense1.${p}`)),
    ),
  );
});

test("two entries that need models of each other", () => {
  const program = programOf(`dl 1
model A(x: f32[2, 3]) = x |> dense(2)
model B(x: f32[2, 3]) = x |> dense(2)
entry a(x: f32[2, 3]) { { y: A(x), size: l2(B) } }
entry b(x: f32[2, 3]) { { y: B(x), size: l2(A) } }
`);
  expect(graphOf(program, "a").outputs.map(({ name }) => name)).toEqual(["y", "size"]);
});

test("params of a model that no entry applies are an error", () => {
  expect(rendered(elaborateText(two + sync))).toContain("no entry applies `Target`");
});

test("a test uses the params of the models of entries", () => {
  const text = `${two + use}test "a copy" {
  assert l2(Q) > 0
}
`;
  expect(rendered(elaborateText(text))).toBe("");
});
