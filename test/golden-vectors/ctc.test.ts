import { expect, test } from "vitest";
import { caseOf, check } from "./vectors.ts";

test("56 losses and gradients: repeats, empty labels, labels that do not fit", async () => {
  const vectors = caseOf("ctc", "random");
  const losses = vectors.outputs["loss"]?.data ?? [];
  expect(losses.filter((x) => x === "inf").length).toBeGreaterThan(3);
  expect(losses.filter((x) => x !== "inf").length).toBeGreaterThan(30);
  await check(vectors, {
    text: `
entry run(logits: f32[56, 6, 4], labels: i32[56, 5], times: i32[56], lengths: i32[56]) {
  let loss = ctc_loss(logits, labels, times, lengths)
  { loss, gradient: grad(sum(select(loss < inf, loss, 0)), logits) }
}`,
  });
});

test("a blank for each sample", () =>
  check(caseOf("ctc", "a blank for each sample"), {
    text: `
entry run(logits: f32[8, 6, 4], labels: i32[8, 2], times: i32[8], lengths: i32[8], blank: i32[8]) {
  let loss = ctc_loss(logits, labels, times, lengths, blank: blank)
  { loss, gradient: grad(sum(loss), logits) }
}`,
  }));
