// Draws of the library against the closed forms of their distributions: means of functions of 10^5 draws lie within 5
// standard errors.
import { expect, test } from "vitest";
import { createResolver } from "../../cli/host/resolver.ts";
import { compileModule, type Mode, type Target } from "../../compiler/index.ts";
import { at } from "../../compiler/support/lists.ts";
import { present } from "../../compiler/support/invariant.ts";
import { createSession, type Session } from "../../runtime/session.ts";

async function session(text: string, target: Target = "wasm", mode: Mode = "strict", seed = 3): Promise<Session> {
  const module = compileModule({ name: "draws.dl", text }, { dims: {}, resolve: createResolver(null) });
  return createSession(module.plan, await module.code(target), { seed, mode });
}

/** The outputs of the first call. */
async function drawn(text: string, target?: Target, mode?: Mode): Promise<Record<string, readonly number[]>> {
  const outputs = (await session(text, target, mode)).run("f", {});
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, Array.from(data, Number)]));
}

const count = 100_000;

function expectMean(values: readonly number[], wanted: number, what: string): void {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
  expect(Math.abs(mean - wanted) / Math.sqrt(variance / values.length), `${what}: ${mean}, not ${wanted}`).toBeLessThan(
    5,
  );
}

interface Law {
  readonly draw: string;
  readonly means: readonly (readonly [(x: number) => number, number])[];
}

const identity = (x: number): number => x;
const square = (x: number): number => x * x;
const below =
  (limit: number) =>
  (x: number): number =>
    Number(x < limit);

/** E x^k = a (a + 1) ... / rate^k, and E log x = digamma(a) - log(rate). */
const gammaLaw = (a: number, rate: number, digamma: number, draw = `gamma([n], ${a}, ${rate})`): Law => ({
  draw,
  means: [
    [identity, a / rate],
    [square, (a * (a + 1)) / rate ** 2],
    [(x) => x ** 3, (a * (a + 1) * (a + 2)) / rate ** 3],
    [(x) => Math.log(Math.max(x, 1e-38)), digamma - Math.log(rate)],
  ],
});

const laws: Readonly<Record<string, Law>> = {
  random_exponential: {
    draw: "random_exponential([n], rate: 2)",
    means: [
      [identity, 0.5],
      [square, 0.5],
      [below(Math.LN2 / 2), 0.5],
    ],
  },
  laplace: {
    draw: "laplace([n], 1, 2)",
    means: [
      [identity, 1],
      [(x) => (x - 1) ** 2, 8],
      [below(1 - 2 * Math.log(5)), 0.1],
    ],
  },
  gumbel: {
    draw: "gumbel([n], 1, 2)",
    means: [
      [identity, 1 + 2 * 0.5772156649],
      [(x) => (x - 1 - 2 * 0.5772156649) ** 2, (4 * Math.PI ** 2) / 6],
      [below(1), 1 / Math.E],
    ],
  },
  gamma: gammaLaw(2.5, 1, 0.7031566406),
  "gamma of a small parameter": gammaLaw(0.3, 2, -3.5025242222),
  "gamma of a large parameter": gammaLaw(100, 1, 4.6001618527),
  "gamma of a tensor": gammaLaw(1, 0.5, -0.5772156649, "gamma([n], ones([n]), scalar(0.5))"),
  beta: {
    draw: "beta([n], 0.5, 2)",
    means: [
      [identity, 0.2],
      [square, 0.75 / (2.5 * 3.5)],
      [Math.log, -8 / 3],
    ],
  },
  "bernoulli of a tensor": { draw: "select(bernoulli([n], full([n], 0.3)), 1.0, 0.0)", means: [[identity, 0.3]] },
  truncated_normal: {
    draw: "truncated_normal([n])",
    // The variance is 1 - 2 a phi(a) / (2 Phi(a) - 1) for a = 2.
    means: [
      [identity, 0],
      [square, 0.7737413035],
    ],
  },
};

const program = (draws: Readonly<Record<string, string>>): string => `
draw entry f() {
  let n = ${count}
  {
${Object.entries(draws)
  .map(([name, draw]) => `    ${name}: ${draw},`)
  .join("\n")}
  }
}`;

test.each(Object.entries(laws))("the moments of %s, and independence of two sites", async (_, { draw, means }) => {
  const { a = [], b = [] } = await drawn(program({ a: draw, b: draw }));
  for (const [f, wanted] of means) expectMean(a.map(f), wanted, `the mean of ${f.toString()}`);
  const center = at(means, 0)[1];
  expectMean(
    a.map((x, i) => (x - center) * (at(b, i) - center)),
    0,
    "the covariance of two sites",
  );
  expectMean(
    a.slice(1).map((x, i) => (x - center) * (at(a, i) - center)),
    0,
    "the covariance of neighbours",
  );
});

test("categorical draws the probabilities of softmax, dirichlet its means and products", async () => {
  const logits = [0, 1, 2, -1];
  const alpha = [0.5, 1, 4];
  const { index = [], x = [] } = await drawn(
    program({ index: `categorical(zeros([n, 4]) + [${logits.join()}])`, x: `dirichlet([n, 3], [${alpha.join()}])` }),
  );
  const total = logits.reduce((sum, l) => sum + Math.exp(l), 0);
  logits.forEach((l, k) =>
    expectMean(
      index.map((i) => Number(i === k)),
      Math.exp(l) / total,
      `class ${k}`,
    ),
  );
  const column = (k: number): number[] => x.filter((__, i) => i % 3 === k);
  alpha.forEach((a, k) => expectMean(column(k), a / 5.5, `the mean of ${k}`));
  const third = column(2);
  expectMean(
    column(0).map((y, i) => y * at(third, i)),
    (0.5 * 4) / (5.5 * 6.5),
    "the mean of a product",
  );
});

test("all orders of a permutation, a shuffle and a choice are as probable", async () => {
  const sampler = await session(`
draw entry f() {
  { order: permutation(4), mixed: shuffle([0.0, 1.0, 2.0, 3.0]), some: choice([0.0, 1.0, 2.0, 3.0], 2) }
}`);
  const calls = 24_000;
  const counts: Record<string, Map<string, number>> = {};
  for (let call = 0; call < calls; call++)
    for (const [name, { data }] of Object.entries(sampler.run("f", {}))) {
      const found = (counts[name] ??= new Map<string, number>());
      found.set(data.join(), (found.get(data.join()) ?? 0) + 1);
    }
  for (const [name, orders] of Object.entries({ order: 24, mixed: 24, some: 12 })) {
    const found = [...present(counts[name], name).values()];
    expect(found.length, name).toBe(orders);
    const error = Math.sqrt((calls / orders) * (1 - 1 / orders));
    for (const times of found) expect(Math.abs(times - calls / orders) / error, name).toBeLessThan(5);
  }
});

test("draws have the same bits on every target and in every mode", async () => {
  const text = program({
    e: "random_exponential([99])",
    l: "laplace([99], scale: 0.3)",
    g: "gumbel([99])",
    gamma: "gamma([99], 0.7)",
    beta: "beta([99], 2, 3)",
    d: "dirichlet([33, 3], 0.5)",
    index: "categorical(normal([99, 5]))",
    b: "bernoulli([99], full([99], 0.3))",
    order: "permutation(99)",
  });
  const wanted = await drawn(text);
  expect(await drawn(text, "wasm", "fast")).toEqual(wanted);
  expect(await drawn(text, "js")).toEqual(wanted);
  // The reference rounds logarithms from f64.
  const reference = await drawn(text, "reference");
  for (const [name, values] of Object.entries(wanted))
    values.forEach((x, i) =>
      expect(Math.abs(at(present(reference[name], name), i) - x), name).toBeLessThanOrEqual(1e-5 * Math.max(1, x)),
    );
});
