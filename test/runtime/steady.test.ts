// The memory use of training does not grow with time. The long version is `npm run soak`.
import { expect, test } from "vitest";
import { garbagePerRun, trainingStep } from "../campaigns/steady.ts";

test("a bound step allocates no garbage, and does not move or grow the arena", async () => {
  const { session, step, run } = await trainingStep("examples/dqn.dl", { N: 2 });
  const before = [...session.state.values()].map(({ data }) => data.buffer);
  expect(garbagePerRun(() => void step.run(), { runs: 1000, windows: 7 })).toBeLessThanOrEqual(4);
  expect(
    [...session.state.values()].every(
      ({ data }, i) => data.buffer === before[i] && data.every((x) => Number.isFinite(x)),
    ),
  ).toBe(true);
  // `run` returns copies: this shows that the measurement detects garbage.
  expect(garbagePerRun(run, { runs: 500, windows: 7 })).toBeGreaterThan(100);
});

test("a bound entry reads its arrays at each run, and always returns the same views", async () => {
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
