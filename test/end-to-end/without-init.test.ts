import { expect, test } from "vitest";
import type { ModuleCode } from "../../compiler/link/module-code.ts";
import { callsOf } from "../../runtime/plan.ts";
import { createSession, type Session } from "../../runtime/session.ts";
import { compileExample, digits, examples } from "./examples.ts";

const start = (module: ModuleCode, target: "wasm" | "js"): Promise<Session> =>
  target === "wasm"
    ? createSession(module.plan, { kind: "wasm", bytes: module.wasm("strict").bytes })
    : import(`data:text/javascript;base64,${btoa(module.js().text)}`).then(({ instantiate }) =>
        createSession(module.plan, { kind: "js", instantiate }),
      );

test.each(examples.flatMap((name) => (["wasm", "js"] as const).map((target) => [name, target] as const)))(
  "%s without init continues from a file, in %s",
  async (name, target) => {
    const whole = compileExample(name, { dims: { N: 2 }, mode: "strict", target });
    const part = whole.withoutInit();
    const [trained, loaded] = [await start(whole, target), await start(part, target)];
    trained.run("step", digits(2, 1));
    const all = { random: true, settings: true };
    loaded.load(trained.save(all), all);
    expect(loaded.run("step", digits(2, 2))).toEqual(trained.run("step", digits(2, 2)));
    expect(loaded.snapshot()).toEqual(trained.snapshot());
  },
);

test("a module without init has neither its kernels nor more memory", () => {
  const whole = compileExample("examples/mnist/lenet.dl", { entries: ["predict"] });
  const part = whole.withoutInit();
  expect(part.plan.entries.map(({ name }) => name)).toEqual(["predict"]);
  const steps = part.plan.entries.flatMap((entry) => [...entry.steps, ...entry.prepareSteps]);
  const called = new Set(callsOf(steps).map(({ kernel }) => kernel));
  expect(new Set(part.assembly.kernels.map(({ name }) => name))).toEqual(called);
  expect(part.wasm("strict").bytes.length).toBeLessThan(whole.wasm("strict").bytes.length);
  expect(part.plan.arenaBytes).toBeLessThanOrEqual(whole.plan.arenaBytes);
});
