import { compile, type Model } from "dlc";
import { expect, test } from "vitest";
import { hotLoad } from "../../plugins/hot.ts";

const program = (act: string, width = 8): string => `dl 1

setting lr: f32 = 0.1 in log(1e-5, 1)

model Net(x: f32[N, 4]) -> f32[N, 3] = x |> dense(${width}) |> ${act} |> dense(3)

entry predict(x: f32[N, 4]) { logits: Net(x) }

train entry step(x: f32[N, 4], label: i32[N]) {
  let loss = mean(cross_entropy(Net(x), label))
  minimize loss over Net with sgd(lr: lr)
  { loss }
}
`;

const load =
  (text: string) =>
  (options: object = {}) =>
    compile(text, { ...options, dims: { N: 2 }, mode: "strict" }) as Promise<Model>;

const x = Float32Array.from({ length: 8 }, (_, i) => Math.sin(i));
const logits = (model: Pick<Model, "run">): number[] => Array.from(model.run("predict", { x })["logits"]?.data ?? []);

/** A page that has loaded a model and trained it. */
async function page() {
  const data = {};
  const start = await hotLoad(data, load(program("relu")));
  const model = await start({ seed: 3 });
  for (let i = 0; i < 5; i++) model.run("step", { x, label: [0, 2] });
  return { model, start, edit: (text: string) => hotLoad(data, load(text)) };
}

test("after an edit the page's model computes the new function of the trained params", async () => {
  const { model, edit } = await page();
  const before = logits(model);
  const other = await load(program("tanh"))();
  other.load(model.save());
  await edit(program("tanh"));
  expect(logits(model)).toEqual(logits(other));
  expect(logits(model)).not.toEqual(before);
  await edit(program("relu"));
  expect(logits(model)).toEqual(before);
});

test("what has another type begins anew, and the rest stays", async () => {
  const { model, edit } = await page();
  const bias = Array.from(model.state.get("Net.dense2.b")?.data ?? []);
  await edit(program("relu", 16));
  expect(model.state.get("Net.dense1.w")?.shape).toEqual([4, 16]);
  expect(Array.from(model.state.get("Net.dense2.b")?.data ?? [])).toEqual(bias);
  const fresh = await load(program("relu", 16))({ seed: 3 });
  expect(model.state.get("Net.dense1.w")?.data).toEqual(fresh.state.get("Net.dense1.w")?.data);
});

test("methods taken from a model and bound entries are those of the newest build", async () => {
  const { model, edit } = await page();
  const { run } = model;
  const bound = model.bind("predict", { x });
  const before = Array.from(bound.run()["logits"]?.data ?? []);
  await edit(program("tanh"));
  expect(logits({ run })).toEqual(logits(model));
  expect(Array.from(bound.run()["logits"]?.data ?? [])).toEqual(logits(model));
  expect(Array.from(bound.outputs["logits"]?.data ?? [])).not.toEqual(before);
});

test("settings stay while the new build has them", async () => {
  const { model, edit } = await page();
  model.set("lr", 1e-5);
  const trained = async (lr: number): Promise<number[]> => {
    const twin = await load(program("relu"))();
    twin.set({ lr });
    twin.load(model.save({ random: true }), { random: true });
    twin.run("step", { x, label: [1, 1] });
    return logits(twin);
  };
  const slow = await trained(1e-5);
  expect(slow).not.toEqual(await trained(0.1));
  await edit(program("relu"));
  model.run("step", { x, label: [1, 1] });
  expect(logits(model)).toEqual(slow);
  await edit(
    program("relu")
      .replace(/setting.*/, "")
      .replace("lr: lr", "lr: 0.1"),
  );
  expect(() => model.set("lr", 0.2)).toThrow(/E0815/);
});

test("a build that does not start leaves the old model; a later one swaps it", async () => {
  const { model, edit, start } = await page();
  const before = logits(model);
  await expect(edit("dl 1\nnot a program")).rejects.toThrow(/E0/);
  expect(logits(model)).toEqual(before);
  await edit(program("tanh"));
  expect(logits(model)).not.toEqual(before);
  expect(logits(await start({ seed: 3 }))).toEqual(logits(await load(program("tanh"))({ seed: 3 })));
});
