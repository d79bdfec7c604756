import { expect, test } from "vitest";
import { breakDown } from "../../cli/measure/origins.ts";
import { createResolver } from "../../cli/host/resolver.ts";
import { compileModule } from "../../compiler/index.ts";
import { dump } from "../../compiler/inspect/dump.ts";
import { originsOfCalls } from "../../compiler/inspect/kernel-origins.ts";
import { parseKernels } from "../../compiler/kernel/parse.ts";
import { present } from "../../compiler/support/invariant.ts";
import { callsOf } from "../../runtime/plan.ts";

const text = `dl 1

layer block(x: f32[N, D]) -> f32[N, D] {
  x |> dense(D) |> layer_norm |> relu
}

model Net(x: f32[N, 8]) -> f32[N, 8] {
  x |> block |> dropout(0.5) |> block
}

train entry step(x: f32[N, 8]) {
  let y = Net(x)
  let loss = mean(y * y)
  minimize loss over Net with adam(lr: 1e-3)
  { loss }
}
`;

const options = { dims: { N: 64 }, resolve: createResolver("net.dl") };
const module = compileModule({ name: "net.dl", text }, options);
const entry = present(
  module.plan.entries.find(({ name }) => name === "step"),
  "the entry",
);
const calls = callsOf(entry.steps);
const origins = originsOfCalls(module, entry.steps);

test("every call of a kernel has layers, a role and lines", () => {
  expect(origins.length).toBe(calls.length);
  for (const [index, { layers, roles }] of origins.entries()) {
    expect([calls[index]?.kernel, layers.length > 0 && layers.every((path) => path !== "")]).toEqual([
      calls[index]?.kernel,
      true,
    ]);
    expect(roles.length).toBeGreaterThan(0);
  }
  const layers = new Set(origins.map((each) => each.layers[0]));
  for (const path of ["Net.block1.dense1", "Net.block2.layer_norm1"]) expect([...layers]).toContain(path);
  expect(new Set(origins.map(({ roles }) => roles[0]))).toEqual(
    new Set(["random", "forward", "backward", "optimizer", "state"]),
  );
});

test("a kernel that computes for several layers lists them, that of its result first", () => {
  const lists = origins.map(({ layers }) => layers.join(", "));
  expect(lists).toContain("Net.block1.layer_norm1, Net.block1.dense1");
  expect(lists.filter((list) => list.startsWith("Net.block2.layer_norm1, Net.block2")).length).toBeGreaterThan(0);
});

test("the origin of a backward kernel that recomputes random bits is the forward pass", () => {
  // Two kernels compute the key of the draw.
  const drawing = origins.filter(({ costs, roles }) => costs[0]?.op === "threefry" && roles[0] !== "random");
  expect(drawing.map(({ roles, drawnAgain }) => [roles[0], drawnAgain])).toEqual([
    ["forward", false],
    ["backward", true],
  ]);
});

test("times are summed by layer and by role", () => {
  const profile = calls.map(({ kernel }, site) => ({
    kernel,
    calls: 1,
    bestMs: site + 1,
    meanMs: 0,
    flops: 0,
    bytes: 0,
    sites: [{ site, bestMs: site + 1 }],
  }));
  const { kernels, byLayer, byRole } = breakDown(profile, origins);
  const total = (calls.length * (calls.length + 1)) / 2;
  for (const totals of [kernels, byLayer, byRole])
    expect(totals.reduce((sum, { bestMs }) => sum + bestMs, 0)).toBe(total);
});

test("a dump of kernels has the provenance above each kernel, and round-trips", () => {
  const plain = dump({ name: "net.dl", text }, { ...options, entry: "step", stage: "kernels" });
  const told = dump({ name: "net.dl", text }, { ...options, entry: "step", stage: "kernels", origins: true });
  expect(told).toMatch(/^# Net\.block2\.layer_norm1.*; backward.*; net\.dl:4:20/m);
  expect(parseKernels({ name: "told", text: told })).toEqual(parseKernels({ name: "plain", text: plain }));
});
