// Measures compile time for deep nets: `npx node bench/compile-time.ts [blocks ...]`. Compiles residual nets of growing
// depth, with a training step, to reveal superlinear passes. The milliseconds of a pass are summed over all graphs; a
// pass that runs again is counted separately.
import { readFileSync } from "node:fs";
import { compileProgram, elaborateSource, type Resolver } from "../compiler/compile.ts";

const net = (blocks: number): string => `dl 1

layer block(channels: int)(x: f32[N, H, W, channels]) -> f32[N, H, W, channels] {
  let y = x |> conv(channels, kernel: [3, 3], padding: "same") |> batch_norm |> relu |> conv(channels, kernel: [3, 3], padding: "same") |> batch_norm
  relu(x + y)
}

layer stem()(x: f32[N, H, W, C]) -> f32[N, H, W, 16] = x |> conv(16, kernel: [3, 3], padding: "same")

layer tower()(x: f32[N, H, W, 16]) -> f32[N, H, W, 16] = repeat ${blocks} { x |> block(16) }

model Net(x: f32[N, 16, 16, 3]) -> f32[N, 10] = x |> stem() |> tower() |> flatten |> dense(10)

entry predict(x: f32[N, 16, 16, 3]) { { logits: Net(x) } }

train entry step(x: f32[N, 16, 16, 3], label: i32[N]) {
  let loss = mean(cross_entropy(Net(x), label))
  minimize loss over Net with adam(lr: 1e-3)
  { loss }
}
`;

/** The standard library alone. */
const resolve: Resolver = (path) =>
  path.startsWith("std/")
    ? { name: path, text: readFileSync(new URL(`../dsl/${path}`, import.meta.url), "utf8") }
    : null;

const depths = process.argv.slice(2).map(Number);
for (const blocks of depths.length > 0 ? depths : [5, 25, 100]) {
  const options = { dims: { N: 8 }, resolve };
  const start = performance.now();
  const { program } = elaborateSource({ name: "net.dl", text: net(blocks) }, options);
  const elaborated = performance.now();
  const compiled = compileProgram(program, options);
  const lowered = performance.now();
  const { bytes } = compiled.wasm("fast");
  const encoded = performance.now();
  const nodes = program.entries.map(({ graph }) => `${graph.name} ${graph.nodes.length}`).join(", ");
  console.log(`${blocks} blocks: nodes ${nodes}; module ${bytes.length} bytes`);
  console.log(
    `  elaborate ${(elaborated - start).toFixed()} ms, passes and lowering ${(lowered - elaborated).toFixed()} ms, encoding ${(encoded - lowered).toFixed()} ms`,
  );
  const passes = new Map<string, number>();
  for (const { name, ms } of compiled.entries.flatMap(({ stages }) => stages))
    passes.set(name, (passes.get(name) ?? 0) + ms);
  const slowest = [...passes].toSorted(([, a], [, b]) => b - a).slice(0, 6);
  console.log(`  ${slowest.map(([name, ms]) => `${name} ${ms.toFixed()}`).join(", ")}`);
}
