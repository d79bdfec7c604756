import { expect, test } from "vitest";
import { elaborateText, run } from "../frontend/program.ts";

/** loss = sum(g * w): the gradient is the input, for any w. */
const program = (optimizer: string): string => `
model Net(g: f32[2]) -> f32[] {
  param w: f32[2] = 1
  sum(g * w)
}
train entry step(g: f32[2]) {
  minimize Net(g) over Net with ${optimizer}
}`;

/** The update of one param: a function of its value and gradient with its own state. */
type Rule = (p: number, g: number) => number;

const gradients = [0.3, -1.2, 0.8, 2.5, -0.01, 0.6, -0.7, 0.2, 1.1, -1.9, 0.05, 0.4];

function adamLike(use: (p: number, m: number, v: number, t: number, g: number) => number, beta2 = 0.999): Rule {
  let [m, v, t] = [0, 0, 0];
  return (p, g) => {
    t++;
    m = 0.9 * m + 0.1 * g;
    v = beta2 * v + (1 - beta2) * g * g;
    return use(p, m, v, t, g);
  };
}

const rules: Readonly<Record<string, () => Rule>> = {
  "sgd(lr: 0.1, momentum: 0.9, dampening: 0.5)": () => {
    let v: number | null = null;
    return (p, g) => p - 0.1 * (v = v === null ? g : 0.9 * v + 0.5 * g);
  },
  "sgd(lr: 0.1, momentum: 0.9, nesterov: true, weight_decay: 0.1)": () => {
    let v = 0;
    return (p, g) => {
      const d = g + 0.1 * p;
      v = 0.9 * v + d;
      return p - 0.1 * (d + 0.9 * v);
    };
  },
  "proximal_sgd(lr: 0.1, l1: 0.5, l2: 0.2)": () => (p, g) => {
    const q = p - 0.1 * g;
    return (Math.sign(q) * Math.max(Math.abs(q) - 0.05, 0)) / 1.02;
  },
  "adagrad(lr: 0.1, lr_decay: 0.2, initial: 0.1)": () => {
    let [total, t] = [0.1, 0];
    return (p, g) => {
      total += g * g;
      return p - (0.1 / (1 + t++ * 0.2)) * (g / (Math.sqrt(total) + 1e-10));
    };
  },
  "adadelta(lr: 0.5, rho: 0.8)": () => {
    let [squares, steps] = [0, 0];
    return (p, g) => {
      squares = 0.8 * squares + 0.2 * g * g;
      const step = (Math.sqrt(steps + 1e-6) / Math.sqrt(squares + 1e-6)) * g;
      steps = 0.8 * steps + 0.2 * step * step;
      return p - 0.5 * step;
    };
  },
  "rmsprop(lr: 0.1, alpha: 0.9, momentum: 0.5)": () => {
    let [squares, v] = [0, 0];
    return (p, g) => {
      squares = 0.9 * squares + 0.1 * g * g;
      v = 0.5 * v + g / (Math.sqrt(squares) + 1e-8);
      return p - 0.1 * v;
    };
  },
  "rmsprop(lr: 0.1, alpha: 0.9, eps: 1e-3, centered: true)": () => {
    let [squares, mean] = [0, 0];
    return (p, g) => {
      squares = 0.9 * squares + 0.1 * g * g;
      mean = 0.9 * mean + 0.1 * g;
      return p - (0.1 * g) / (Math.sqrt(squares - mean * mean) + 1e-3);
    };
  },
  "adam(lr: 0.1, weight_decay: 0.1)": () => {
    const inner = adamLike((p, m, v, t) => p - (0.1 * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8));
    return (p, g) => inner(p, g + 0.1 * p);
  },
  // Every element of a vector is a row, and all have gradients here.
  "lazy_adam(lr: 0.1, eps: 1e-2)": () =>
    adamLike((p, m, v, t) => p - (0.1 * Math.sqrt(1 - 0.999 ** t) * m) / ((1 - 0.9 ** t) * (Math.sqrt(v) + 1e-2))),
  "adamw(lr: 0.1, weight_decay: 0.1)": () => {
    const inner = adamLike((p, m, v, t) => p - (0.1 * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8));
    return (p, g) => inner(p * (1 - 0.1 * 0.1), g);
  },
  "amsgrad(lr: 0.1, beta2: 0.9)": () => {
    let largest = 0;
    return adamLike((p, m, v, t) => {
      largest = Math.max(largest, v);
      return p - (0.1 * (m / (1 - 0.9 ** t))) / (Math.sqrt(largest / (1 - 0.9 ** t)) + 1e-8);
    }, 0.9);
  },
  "nadam(lr: 0.1)": () => {
    let passed = 1;
    return adamLike((p, m, v, t, g) => {
      const [now, next] = [0.9 * (1 - 0.5 * 0.96 ** (t * 4e-3)), 0.9 * (1 - 0.5 * 0.96 ** ((t + 1) * 4e-3))];
      passed *= now;
      const root = Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8;
      return p - (0.1 * (1 - now) * g) / ((1 - passed) * root) - (0.1 * next * m) / ((1 - passed * next) * root);
    });
  },
  "adamax(lr: 0.1)": () => {
    let u = 0;
    return adamLike((p, m, _v, t, g) => {
      u = Math.max(0.999 * u, Math.abs(g) + 1e-8);
      return p - ((0.1 / (1 - 0.9 ** t)) * m) / u;
    });
  },
  "lion(lr: 0.1, weight_decay: 0.1)": () => {
    let m = 0;
    return (p, g) => {
      const step = Math.sign(0.9 * m + 0.1 * g);
      m = 0.99 * m + 0.01 * g;
      return p * (1 - 0.1 * 0.1) - 0.1 * step;
    };
  },
};

test.each(Object.keys(rules))("%s updates params as published", (optimizer) => {
  const model = run(program(optimizer));
  const make = rules[optimizer];
  const [left, right] = [make?.(), make?.()];
  let [a, b] = [1, 1];
  for (const g of gradients) {
    model.call("step", { g: [g, -2 * g] });
    [a, b] = [left?.(a, g) ?? Number.NaN, right?.(b, -2 * g) ?? Number.NaN];
  }
  const [w = [], want] = [model.state("Net.w"), [a, b]];
  want.forEach((value, k) =>
    expect(Math.abs((w[k] ?? Number.NaN) - value)).toBeLessThan(2e-5 * Math.max(1, Math.abs(value))),
  );
});

test("lamb: the step has the norm of the param times lr, and is not scaled if the param is 0", () => {
  const model = run(program("lamb(lr: 0.1, weight_decay: 0)"));
  model.call("step", { g: [3, 4] });
  // Adam's first step is 1 for each element, so the direction is (1, 1) / sqrt(2), times the length of (1, 1).
  model.state("Net.w").forEach((w) => expect(w).toBeCloseTo(0.9, 5));
  const zero = run(program("lamb(lr: 0.1, weight_decay: 0)").replace("= 1", "= 0"));
  zero.call("step", { g: [3, -4] });
  expect(zero.state("Net.w")[0]).toBeCloseTo(-0.1, 5);
  expect(zero.state("Net.w")[1]).toBeCloseTo(0.1, 5);
});

test("proximal descent reaches 0 and stays there; the penalty's subgradient only oscillates around it", () => {
  const model = run(program("proximal_sgd(lr: 0.1, l1: 1)"));
  for (let k = 0; k < 20; k++) model.call("step", { g: [0.1, -0.1] });
  expect(model.state("Net.w").map(Math.abs)).toEqual([0, 0]);
});

test("clip_by_norm clips each gradient separately", () => {
  const model = run(`
model Net(x: f32[1]) -> f32[1] {
  param a: f32[1] = 0
  param b: f32[1] = 0
  3 * a * x + 0.5 * b * x
}
train entry step(x: f32[1]) {
  minimize sum(Net(x)) over Net with clip_by_norm(1.0) |> sgd(lr: 1.0)
}`);
  model.call("step", { x: [1] });
  expect(model.state("Net.a")[0]).toBeCloseTo(-1, 5);
  expect(model.state("Net.b")[0]).toBeCloseTo(-0.5, 6);
});

const twoModels = `
layer body(x: f32[N, 3]) -> f32[N, 2] = x |> dense(4) |> relu |> dense(2)
model Net(x: f32[N, 3]) = x |> body
model Average(x: f32[N, 3]) = x |> body
`;

test("a second model copies the params of the first", () => {
  const model = run(
    `${twoModels}
train entry sync(x: f32[N, 3]) {
  let both = (Net(x), Average(x))
  minimize distance(Average, Net) over Average with sgd(lr: 1)
}
entry compare(x: f32[N, 3]) { { net: Net(x), average: Average(x) } }`,
    [{ N: 1 }],
  );
  const x = [1, -2, 3];
  const before = model.call("compare", { x });
  expect(before.net).not.toEqual(before.average);
  const net = model.state("Net.body1.dense1.w");
  model.call("sync", { x });
  expect(model.state("Net.body1.dense1.w")).toEqual(net);
  model.state("Average.body1.dense1.w").forEach((w, k) => expect(w).toBeCloseTo(net[k] ?? Number.NaN, 6));
});

test("an exponential moving average of the params follows them, and starts with a copy", () => {
  const model = run(`
model Net(g: f32[]) -> f32[] {
  param w: f32[] = 4
  g * w
}
model Average(g: f32[]) -> f32[] {
  param w: f32[] = 100
  g * w
}
train entry step(g: f32[]) {
  let both = (Net(g), Average(g))
  minimize Net(g) over Net with sgd(lr: 1)
  minimize distance(Average, Net) over Average with sgd(lr: ema_rate(0.75, step))
}`);
  // w = 3, 2, 1, 0, -1; the rates are 1, 1/2, 1/3, 1/4, 1/4.
  const seen: number[] = [];
  for (let k = 0; k < 5; k++) {
    model.call("step", { g: [1] });
    seen.push(model.state("Average.w")[0] ?? Number.NaN);
  }
  [3, 2.5, 2, 1.5, 0.875].forEach((w, k) => expect(seen[k]).toBeCloseTo(w, 4));
});

test("accumulation: three calls are one of their mean, for params, momentum and the count of steps", () => {
  const one = run(program("adam(lr: 0.1)"));
  const three = run(program("accumulate(3) |> adam(lr: 0.1)"));
  for (const mean of [2, -1, 0.5]) {
    for (const g of [mean - 1, mean + 2, mean - 1]) {
      const before = three.state("Net.w");
      three.call("step", { g: [g, -g] });
      if (g !== mean - 1) expect(three.state("Net.w")).toEqual(before);
    }
    one.call("step", { g: [mean, -mean] });
    three.state("Net.w").forEach((w, k) => expect(w).toBeCloseTo(one.state("Net.w")[k] ?? Number.NaN, 5));
  }
  expect(three.state("step.adam.t")).toEqual([3]);
  expect(three.state("step.adam.Net.w.m")[0]).toBeCloseTo(one.state("step.adam.Net.w.m")[0] ?? Number.NaN, 5);
});

test("transformations after accumulation get the mean, those before it get each call's gradient", () => {
  const behind = run(program("accumulate(2) |> clip_by_value(1) |> sgd(lr: 1)"));
  const before = run(program("clip_by_value(1) |> accumulate(2) |> sgd(lr: 1)"));
  for (const model of [behind, before]) for (const g of [3, -1]) model.call("step", { g: [g, g] });
  // The mean of 3 and -1 is 1; that of 1 and -1 is 0.
  expect(behind.state("Net.w")).toEqual([0, 0]);
  expect(before.state("Net.w")).toEqual([1, 1]);
});

test("a transformation with states that does not return a bool is an error", () => {
  const { diagnostics } = elaborateText(`
optimizer odd()(p: f32[..S], g: f32[..S]) = (g, sum(g))
${program("odd |> sgd(lr: 1)")}`);
  expect(diagnostics.map(({ code, says, at }) => [code, says, at?.says])).toEqual([
    ["E0604", "expected a bool scalar as the second result of the transformation, found f32[]", ""],
  ]);
});
