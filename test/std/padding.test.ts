// Padding may hold NaN: it reaches neither the loss nor the gradient of any weight.
import { expect, test } from "vitest";
import { run } from "../frontend/program.ts";

const x = Array.from({ length: 2 * 5 * 4 }, (_, i) => Math.sin(i));
const lengths = [3, 5];
const padding = x.map((v, i) => (i % 20 < 4 * (lengths[Math.floor(i / 20)] ?? 0) ? v : NaN));

/** The state after a step of training. */
function trained(block: string, values: readonly number[]): readonly (readonly number[])[] {
  const model = run(`
model Net(x: f32[2, 5, 4], kept: bool[2, 5]) -> f32[2, 5, 4] = ${block}
train entry step(x: f32[2, 5, 4], length: i32[2]) {
  let kept = padding_mask(length, size: 5)
  let loss = sum(select(kept[:, :, _], Net(x, kept), 0) ^ 2)
  minimize loss over Net with sgd(lr: 1e-2)
  { loss }
}`);
  const { loss } = model.call("step", { x: [...values], length: lengths });
  return [[...(loss ?? [])], ...[...model.persistent.keys()].map((name) => [...model.state(name)])];
}

test.each([
  "multi_head_attention(x, x, 2, mask: kept) |> multi_head_attention(2, x, mask: kept)",
  "transformer_encoder(x, 2, dropout: 0, mask: kept)",
  "transformer_encoder(x, 2, dropout: 0, mask: kept, norm_first: false)",
  "transformer_decoder(x, x, 2, dropout: 0, mask: kept, memory_mask: kept)",
  "transformer_decoder(x, x, 2, dropout: 0, mask: kept, memory_mask: kept, norm_first: false)",
])("padding of %s reaches no weight", (block) => {
  const found = trained(block, padding);
  expect(found.flat().every(Number.isFinite)).toBe(true);
  expect(found.length).toBeGreaterThan(10);
  // The same step as with any other padding.
  for (const [i, values] of trained(block, x).entries())
    for (const [k, value] of values.entries()) expect(found[i]?.[k]).toBeCloseTo(value, 5);
});
