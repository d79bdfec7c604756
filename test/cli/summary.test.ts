import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { dlc } from "./dlc.ts";
import { createWorkspace } from "./workspace.ts";

const folder = createWorkspace();
afterAll(() => rmSync(folder, { recursive: true }));

const text = `model Net(x: f32[N, 4]) -> f32[N, 2] = x |> dense(8) |> relu |> dense(2)
entry predict(x: f32[N, 4]) { Net(x) }
test "shapes" { assert close(predict(zeros([3, 4])), zeros([3, 2])) }
test "wrong" { assert rank(predict(zeros([3, 4]))) == 3, "three axes" }
`;
writeFileSync(join(folder, "layers.dl"), text);

test("summary prints a table of layers, and JSON on request", async () => {
  const { code, stdout } = await dlc(folder, "summary", "layers.dl");
  expect(code).toBe(0);
  expect(stdout.split("\n").map((line) => line.trimEnd())).toEqual([
    "layer             output shape  params  FLOPs",
    "---------------------------------------------",
    "x                    f32[1, 4]",
    "Net                     [N, 2]      58    114",
    "  dense1 (dense)        [N, 8]      40     72",
    "  relu                  [N, 8]              8",
    "  dense2 (dense)        [N, 2]      18     34",
    "---------------------------------------------",
    "entry predict: 58 params (0.2 KiB), 0 values of state, 0.000 MFLOP per call",
    "returns result: f32[1, 2]",
    "FLOPs (a multiply-add is 2): forward 114",
    "memory: 0.7 KiB, of which params 0.2 KiB",
    "with N = 1",
    "",
  ]);
  const json = JSON.parse((await dlc(folder, "summary", "layers.dl", "--json")).stdout) as { readonly params: number };
  expect(json.params).toBe(58);
});

test("summary shows what a train entry uses and does not train", async () => {
  const tuned = `model Net(x: f32[2, 4]) -> f32[2, 2] {
  let lora_in = dense(3)
  let body = dense(8)
  x |> lora_in |> body |> dense(2)
}
train entry tune(x: f32[2, 4]) {
  freeze "*.lora_*", Net.body.b
  minimize mean(Net(x)) over Net with sgd
}
entry copy(x: f32[2, 4]) { Net(x) }
`;
  writeFileSync(join(folder, "tuned.dl"), tuned);
  const { stdout } = await dlc(folder, "summary", "tuned.dl");
  expect(stdout).toContain("\nnot trained: Net.lora_in (15 params), Net.body (8 params)\n");
  expect((await dlc(folder, "summary", "tuned.dl", "--entry", "copy")).stdout).not.toContain("not trained");
});

test("summary shows the paths of layers in a repeat", async () => {
  writeFileSync(
    join(folder, "deep.dl"),
    "model Net(x: f32[2, 4]) { repeat 2 { x |> dense(4) |> relu } }\nentry predict(x: f32[2, 4]) { Net(x) }\n",
  );
  const { stdout } = await dlc(folder, "summary", "deep.dl");
  expect(stdout).toMatch(/^ {2}repeat1\.0\.dense1 \(dense\) +\[2, 4\] +20 +72$/m);
  expect(stdout).toMatch(/^ {2}repeat1\.1\.dense1 \(dense\) +\[2, 4\] +20 +72$/m);
});

test("the variants of a build are those of other commands, too", async () => {
  const variants = ["--variant", "predict:N=3", "--variant", "predict:N=5"];
  const summary = await dlc(folder, "summary", "layers.dl", ...variants);
  expect(summary.stdout).toContain("returns result: f32[3, 2]\n");
  expect(summary.stdout).not.toContain("N = ");
  const dump = await dlc(folder, "dump", "layers.dl", "--stage", "graph", ...variants);
  expect(dump.stdout).toContain("graph predict(%x: f32[3,4])");
  const bench = await dlc(folder, "bench", "layers.dl", "--ms", "1", "--json", ...variants);
  expect(JSON.parse(bench.stdout)).toMatchObject({ dims: { N: 3 } });
  writeFileSync(join(folder, "odd.dl"), "entry half(x: f32[N, 4]) { reshape(x, [N / 2, 8]) }\n");
  const check = (size: string) => dlc(folder, "check", "odd.dl", "--variant", "half:N=2", "--variant", size);
  expect((await check("half:N=4")).stdout).toBe("odd.dl: no errors\n");
  expect((await check("half:N=3")).stderr).toContain("error[");
  expect((await check("hlf:N=3")).stderr).toContain("did you mean `half`?");
  const verify = await dlc(folder, "check", "odd.dl", "--verify", "--variant", "N=2", "--variant", "N=4", "--json");
  expect(JSON.parse(verify.stdout)).toMatchObject({ entries: [{ dims: { N: 2 } }, { dims: { N: 4 } }] });
});

test("summary shows which labels an input accepts", async () => {
  const { stdout } = await dlc(folder, "summary", "net.dl", "--entry", "step");
  expect(stdout).toMatch(/^label +i32\[1\] 0 to 9 *$/m);
  const { inputs } = JSON.parse((await dlc(folder, "summary", "net.dl", "--entry", "step", "--json")).stdout) as {
    readonly inputs: unknown;
  };
  expect(inputs).toEqual([
    { name: "image", shape: "[1, 4, 4, 1]", dtype: "f32" },
    { name: "label", shape: "[1]", dtype: "i32", indices: "0 to 9" },
  ]);
});

test("check shows shapes, and runs tests", async () => {
  const shapes = await dlc(folder, "check", "layers.dl", "--shapes");
  expect(shapes.stdout.split("\n")[0]).toMatch(
    /dense\(2\) {2}\/\/ f32\[N=32, 8\] \|> f32\[N=32, 8\] \|> f32\[N=32, 2\]$/,
  );
  const { code, stdout, stderr } = await dlc(folder, "check", "layers.dl", "--test");
  expect(code).toBe(1);
  expect(stdout).toBe("ok    shapes\nFAIL  wrong\n1 of 2 tests passed\n");
  expect(stderr).toContain("error[E0513]: three axes");
  const reference = await dlc(folder, "check", "layers.dl", "--test", "--target", "reference");
  expect(reference.stdout).toBe(stdout);
  expect(reference.stderr).toContain("reference: ");
});
