import { expect, test } from "vitest";
import { createResolver } from "../../cli/host/resolver.ts";
import { compileModule } from "../../compiler/index.ts";
import { createSession } from "../../runtime/session.ts";

const text = `
layer body(x: f32[N, 3]) -> f32[N, 2] = x |> dense(8) |> gelu |> dense(2)
model Net(x: f32[N, 3]) = x |> body
model Average(x: f32[N, 3]) = x |> body
entry predict(x: f32[N, 3]) { softmax(Average(x)) }
train entry teach(x: f32[N, 3], label: i32[N]) {
  let average = Average(x)
  let loss = mean(cross_entropy(Net(x), label, label_smoothing: 0.1)) + 1e-3 * l2(Net, only: "*.w")
  minimize loss over Net with accumulate(2) |> clip_by_global_norm(1) |> adamw(lr: warmup(cosine(1e-2, step, total: 20), step, over: 4))
  minimize distance(Average, Net) over Average with sgd(lr: ema_rate(0.8, step))
  { loss }
}`;

test("accumulation, clipping, schedules, decay and an average of the params: WebAssembly and JavaScript agree with the reference", async () => {
  const module = compileModule({ name: "compiled.dl", text }, { dims: { N: 4 }, resolve: createResolver(null) });
  const sessions = await Promise.all(
    (["reference", "wasm", "js"] as const).map(async (target) =>
      createSession(module.plan, await module.code(target), { seed: 5 }),
    ),
  );
  const x = Float32Array.from({ length: 12 }, (_, k) => Math.sin(3 * k));
  const label = Int32Array.of(0, 1, 1, 0);
  const [reference, ...others] = sessions;
  const start = [...(reference?.state.get("Net.body1.dense1.w")?.data ?? [])];
  for (let call = 0; call < 6; call++) for (const session of sessions) session.run("teach", { x, label });
  expect([...(reference?.state.get("Net.body1.dense1.w")?.data ?? [])]).not.toEqual(start);
  for (const other of others)
    for (const [path, { data }] of reference?.state ?? [])
      data.forEach((value, k) =>
        expect(Math.abs(Number(other.state.get(path)?.data[k]) - value), path).toBeLessThan(1e-4),
      );
});
