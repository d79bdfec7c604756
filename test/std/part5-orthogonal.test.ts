import { expect, test } from "vitest";
import { createResolver } from "../../cli/host/resolver.ts";
import { compileModule } from "../../compiler/index.ts";
import { createSession } from "../../runtime/session.ts";

test("compiled, an orthogonal kernel is orthonormal to 1e-4; its product reads one operand twice", async () => {
  const text = `
model Net(x: f32[N, 40]) = x |> dense(24, init: orthogonal)
entry f(x: f32[N, 40]) { Net(x) }`;
  const module = compileModule({ name: "orthogonal.dl", text }, { dims: { N: 1 }, resolve: createResolver(null) });
  for (const target of ["wasm", "js"] as const) {
    const session = await createSession(module.plan, await module.code(target), { seed: 3 });
    const w = session.state.get("Net.dense1.w")?.data ?? new Float32Array();
    expect(w).toHaveLength(40 * 24);
    for (let a = 0; a < 24; a++)
      for (let b = 0; b <= a; b++) {
        const product = Array.from({ length: 40 }, (_, k) => Number(w[k * 24 + a]) * Number(w[k * 24 + b])).reduce(
          (x, y) => x + y,
          0,
        );
        expect(Math.abs(product - Number(a === b))).toBeLessThan(1e-4);
      }
  }
});

test("a sum of a product and its own operand is computed correctly", async () => {
  const text = `entry f(x: f32[N, N]) {\n  let s = x @ x\n  s + s @ s\n}`;
  const module = compileModule({ name: "sum.dl", text }, { dims: { N: 3 }, resolve: createResolver(null) });
  const session = await createSession(module.plan, await module.code("wasm"), {});
  // x = 2 I: s = 4 I and s + s s = 20 I.
  const x = Float32Array.from([2, 0, 0, 0, 2, 0, 0, 0, 2]);
  expect([...(session.run("f", { x })["result"]?.data ?? [])]).toEqual([20, 0, 0, 0, 20, 0, 0, 0, 20]);
});
