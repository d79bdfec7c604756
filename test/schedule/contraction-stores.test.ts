import { expect, test } from "vitest";
import { compile } from "../../cli/api.ts";

test("a product whose group stores no f32 has no partial sums between blocks of a long sum", async () => {
  const model = await compile(`dl 1
entry whole(x: f32[9, 700], w: f32[700, 13]) { { y: x @ w } }
entry parts(x: f32[9, 700], w: f32[700, 13]) {
  let y = x @ w
  { positive: y > 0, eighths: convert(y * 8, dtype: "i32") - 1 }
}`);
  const data = {
    x: Float32Array.from({ length: 6300 }, (_, i) => Math.sin(i * i)),
    w: Float32Array.from({ length: 9100 }, (_, i) => Math.cos(i * i)),
  };
  const y = [...(model.run("whole", data)["y"]?.data ?? [])];
  const { positive, eighths } = model.run("parts", data);
  expect([...(positive?.data ?? [])]).toEqual(y.map((v) => Number(v > 0)));
  expect([...(eighths?.data ?? [])]).toEqual(y.map((v) => Math.trunc(v * 8) - 1));
});
