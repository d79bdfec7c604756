import { expect, test } from "vitest";
import { createResolver } from "../../cli/host/resolver.ts";
import { compileModule } from "../../compiler/index.ts";
import { createSession } from "../../runtime/session.ts";

/** Targets, their weights, and whether the call is the last of an epoch; x is 1. */
type Call = readonly [target: readonly number[], mask: readonly number[], last?: boolean];

/** The param after these calls of gradient descent on a masked mean of squares. */
async function trained(chain: string, calls: readonly Call[]): Promise<number> {
  const text = `
model Net(x: f32[N]) -> f32[N] {
  param w: f32[] = zeros
  x * w
}
train entry step(x: f32[N], y: f32[N], mask: f32[N], last: bool[]) {
  let loss = sum(mask * (Net(x) - y) ^ 2) / sum(mask)
  minimize loss over Net with ${chain}sgd(lr: 0.1)
  { loss }
}`;
  const variants = [...new Set(calls.map(([y]) => y.length))].map((N) => ({ N }));
  const module = compileModule({ name: "accumulate.dl", text }, { variants, resolve: createResolver(null) });
  const session = await createSession(module.plan, await module.code("js"), { seed: 1 });
  for (const [y, mask, last = false] of calls)
    session.run(
      "step",
      {
        x: new Float32Array(y.length).fill(1),
        y: Float32Array.from(y),
        mask: Float32Array.from(mask),
        last: Uint8Array.of(Number(last)),
      },
      { dims: { N: y.length } },
    );
  return Number(session.state.get("Net.w")?.data[0]);
}

const large: readonly Call[] = [
  [
    [1, 2, 3, 4],
    [1, 0, 1, 1],
  ],
];
const halves: readonly Call[] = [
  [
    [1, 2],
    [1, 0],
  ],
  [
    [3, 4],
    [1, 1],
  ],
];

test("micro-batches of unequal weight make the step of the large batch, if the entry says what they weigh", async () => {
  const wanted = 0.1 * 2 * ((1 + 3 + 4) / 3);
  expect(await trained("", large)).toBeCloseTo(wanted, 6);
  expect(await trained("accumulate(2, weight: sum(mask)) |> ", halves)).toBeCloseTo(wanted, 6);
  // Without a weight each call counts the same.
  expect(await trained("accumulate(2) |> ", halves)).toBeCloseTo(0.1 * 2 * ((1 + 7 / 2) / 2), 6);
});

test("a smaller last batch weighs less, with its size as the weight", async () => {
  const calls: readonly Call[] = [
    [
      [1, 2, 3],
      [1, 1, 1],
    ],
    [[4], [1]],
  ];
  expect(await trained("accumulate(2, weight: N) |> ", calls)).toBeCloseTo(0.1 * 2 * (10 / 4), 6);
});

test("a batch without weight counts for nothing, even if its gradient is NaN", async () => {
  const calls: readonly Call[] = [
    ...halves,
    [
      [5, 6],
      [0, 0],
    ],
  ];
  const wanted = 0.1 * 2 * ((1 + 3 + 4) / 3);
  expect(await trained("accumulate(3, weight: sum(mask)) |> ", calls)).toBeCloseTo(wanted, 6);
  expect(
    await trained("accumulate(1, weight: sum(mask)) |> ", [
      [
        [5, 6],
        [0, 0],
      ],
    ]),
  ).toBe(0);
});

test("the rest of an epoch is applied with `last`, and else joined by the next epoch's first call", async () => {
  const rest: readonly Call[] = [...halves, [[5, 7], [1, 1], true]];
  const first = 0.1 * 2 * ((1 + 3 + 4) / 3);
  const second = first + 0.1 * 2 * (6 - first);
  expect(await trained("accumulate(2, weight: sum(mask)) |> ", rest)).toBeCloseTo(first, 6);
  const ends = "accumulate(2, weight: sum(mask), last: last) |> ";
  expect(await trained(ends, rest)).toBeCloseTo(second, 6);
  // The next group starts from nothing.
  expect(
    await trained(ends, [
      ...rest,
      [
        [9, 9],
        [1, 1],
      ],
    ]),
  ).toBeCloseTo(second, 6);
  const third = second + 0.1 * 2 * (9 - second);
  expect(
    await trained(ends, [
      ...rest,
      [
        [9, 9],
        [1, 1],
      ],
      [
        [9, 9],
        [1, 1],
      ],
    ]),
  ).toBeCloseTo(third, 5);
});
