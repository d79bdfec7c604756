// Attention one position at a time computes the bits of attention to the whole sequence.
import { expect, test } from "vitest";
import { compile } from "../../cli/api.ts";
import { lowerGroups } from "../../compiler/schedule/lower.ts";
import { graphOf, programOf, run } from "../frontend/program.ts";
import { planned } from "../schedule/run-lowered.ts";

const numbers = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.fround(Math.sin(12.9898 * (i + 1) * seed) % 1));

const [samples, places, width] = [2, 5, 8];
const twoWays = (options: string): string => `
model Whole(x: f32[${samples}, ${places}, ${width}]) {
  let attention = multi_head_attention(4, causal: true${options})
  attention(x, x)
}
model Next(x: f32[${samples}, ${width}], at: i32[]) {
  let attention = cached_attention(4, length: 7, position: at${options})
  attention(x)
}
entry whole(x: f32[${samples}, ${places}, ${width}]) { Whole(x) }
entry next(x: f32[${samples}, ${width}], at: i32[]) { Next(x, at) }`;

const grouped = ", kv_heads: 2, window: 3, alibi: true";
test.each([
  "",
  ", rotary: true",
  ", width: 4, bias: false",
  ", kv_heads: 1",
  ", kv_heads: 2, rotary: true",
  ", window: 2",
  ", alibi: true",
  grouped,
])(
  "attention with a cache is causal attention%s, bit for bit, and position 0 begins again",
  (options) => {
    const net = run(twoWays(options));
    for (const path of [...net.persistent.keys()].filter((each) => each.startsWith("Whole.")))
      net.persistent.set(path.replace("Whole", "Next"), Float64Array.from(net.state(path)));
    for (const seed of [1, 2]) {
      const x = numbers(samples * places * width, seed);
      const at = (list: readonly number[], place: number): number[] =>
        Array.from({ length: samples }, (_, n) =>
          list.slice((n * places + place) * width, (n * places + place + 1) * width),
        ).flat();
      const whole = net.call("whole", { x })["result"] ?? [];
      for (let place = 0; place < places; place++)
        expect(net.call("next", { x: at(x, place), at: [place] })["result"], `${seed}, ${place}`).toEqual(
          at(whole, place),
        );
    }
  },
);

test.each(["", grouped])("after a reset the same tokens have the logits of a new model%s", (options) => {
  const net = run(`${twoWays(options)}
entry reset() {
  Next.attention.keys <- zeros
  Next.attention.values <- 0
}`);
  const step = (at: number): readonly number[] =>
    net.call("next", { x: numbers(samples * width, at + 1), at: [at] })["result"] ?? [];
  const fresh = [net.state("Next.attention.keys"), net.state("Next.attention.values")].map((each) => [...each]);
  const first = [0, 1, 2, 3].map(step);
  net.call("reset", {});
  expect([net.state("Next.attention.keys"), net.state("Next.attention.values")].map((each) => [...each])).toEqual(fresh);
  expect([0, 1, 2, 3].map(step)).toEqual(first);
});

const remember = (length: number): string => `dl 1
model Next(x: f32[2, 8], at: i32[]) {
  state keys: f32[2, ${length}, 8] = zeros
  keys[:, at] <- x
  keys[:, at]
}
entry next(x: f32[2, 8], at: i32[]) { Next(x, at) }`;

test("a step moves what it writes and reads, whatever the length of the cache", () => {
  const moved = (length: number): number =>
    lowerGroups(planned(graphOf(programOf(remember(length)), "next"))).reduce((sum, { bytes }) => sum + bytes, 0);
  expect(moved(4096)).toBe(moved(16));
});

test("a position beyond the cache is refused", async () => {
  const model = await compile(remember(16));
  expect(() => model.run("next", { x: new Float32Array(16), at: Int32Array.of(16) })).toThrow(/`at` of `next` is 16/);
});
