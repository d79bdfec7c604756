import { expect, test } from "vitest";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import type { Stmt } from "../../compiler/kernel/ir.ts";
import { f32 } from "../../compiler/ops/signature.ts";
import { ops } from "../../compiler/ops/table.ts";
import { lowerGroups } from "../../compiler/schedule/lower.ts";
import { Lowering } from "../../compiler/schedule/lowering.ts";
import { groupsOf } from "../../compiler/graph/groups.ts";
import { planned } from "./run-lowered.ts";

const conv = {
  stride: [1, 1],
  padding: [
    [0, 0],
    [0, 0],
  ],
  dilation: [1, 1],
  groups: 16,
};

/** A sequence of depthwise convolutions. */
function tower(depth: number): ReturnType<typeof planned> {
  const g = new GraphBuilder("tower", ops);
  const weights = Array.from({ length: depth }, (_, i) => g.param(`layer${i}.w`, f32(1, 1, 1, 16)));
  g.output(
    "y",
    weights.reduce((x, w) => g.call("conv", [x, w], conv), g.input("x", f32(1, 8, 8, 16))),
  );
  return planned(g.build());
}

const stores = (body: readonly Stmt[]): Stmt[] =>
  body.flatMap((s) => (s.kind === "for" ? stores(s.body) : s.kind === "store" ? [s] : []));

test("a depthwise convolution is vectorized along its channels", () => {
  const kernels = lowerGroups(tower(1)).map(({ kernel }) => kernel);
  expect(kernels.length).toBe(1);
  const lanes = kernels.flatMap(({ body }) => stores(body)).map((s) => (s.kind === "store" ? s.value.type.lanes : 0));
  expect(new Set(lanes)).toEqual(new Set([4]));
});

test("equal groups share a kernel, and each keeps its values", () => {
  const lowering = new Lowering();
  const graph = tower(4);
  const lowered = groupsOf(graph).map((group) => lowering.of(group));
  expect(lowered.length).toBe(4);
  // The first reads an input, the others the result of a convolution.
  expect(new Set(lowered.map(({ kernel }) => kernel)).size).toBe(2);
  for (const { group, args } of lowered) expect(args).toEqual([...group.reads, ...group.stored]);
});
