// Training for a long time takes as much memory as training for a while. The long version is `npm run soak`.
import { expect, test } from "vitest";
import { garbagePerRun, trainingStep } from "../campaigns/steady.ts";

test("a bound step leaves no garbage, and the arena where and as large as it was", async () => {
  const { session, step, run } = await trainingStep("examples/dqn.dl", { N: 2 });
  const before = [...session.state.values()].map(({ data }) => data.buffer);
  expect(garbagePerRun(() => void step.run(), { runs: 1000, windows: 7 })).toBeLessThanOrEqual(4);
  expect([...session.state.values()].every(({ data }, i) => data.buffer === before[i] && data.every((x) => Number.isFinite(x)))).toBe(true);
  // `run` gives copies, so that the measure is seen to see something.
  expect(garbagePerRun(run, { runs: 500, windows: 7 })).toBeGreaterThan(100);
});

test("a bound entry reads its arrays anew, and gives the views that it has given before", async () => {
  const { session, inputs, step } = await trainingStep("examples/dqn.dl", { N: 2 });
  const start = session.snapshot();
  const first = step.run()["loss"]?.data[0];
  expect(step.run()).toBe(step.outputs);
  session.restore(start);
  inputs["reward"]?.fill(5);
  expect(step.run()["loss"]?.data[0]).not.toBe(first);
  const other = step.outputs["loss"]?.data[0];
  session.restore(start);
  expect(session.run("step", inputs)["loss"]?.data[0]).toBe(other);
  expect(() => session.bind("step", {})).toThrow(/needs the input/);
  expect(() => session.bind("stap")).toThrow(/unknown entry/);
});
