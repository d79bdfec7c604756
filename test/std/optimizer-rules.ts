/** The update of a param in f64: a function of its value and gradient, with its own state. */
export type Update = (p: readonly number[], g: readonly number[]) => readonly number[];

/** A case: the optimizer with its arguments, as in a program, and the published update, written out independently. */
export interface Rule {
  readonly optimizer: string;
  readonly make: () => Update;
}

/** An update of each element by itself. */
const each =
  (make: () => (p: number, g: number, t: number) => number): Rule["make"] =>
  () => {
    const parts: ((p: number, g: number, t: number) => number)[] = [];
    let t = 0;
    return (p, g) => {
      t++;
      return p.map((value, k) => (parts[k] ??= make())(value, g[k] ?? Number.NaN, t));
    };
  };

interface Betas {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly eps?: number;
}

/** Corrected m, the root of corrected v plus eps, and v itself. */
function adamMeans({
  beta1 = 0.9,
  beta2 = 0.999,
  eps = 1e-8,
}: Betas): (g: number, t: number) => [number, number, number] {
  let [m, v] = [0, 0];
  return (g, t) => {
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    return [m / (1 - beta1 ** t), Math.sqrt(v / -Math.expm1(t * Math.log(beta2))) + eps, v];
  };
}

const adam = (lr: number, betas: Betas, decay = 0, decoupled = false): Rule["make"] =>
  each(() => {
    const means = adamMeans(betas);
    return (p, g, t) => {
      const [m, root] = means(decoupled ? g : g + decay * p, t);
      return (decoupled ? p * (1 - lr * decay) : p) - (lr * m) / root;
    };
  });

const lookahead =
  (inner: Rule["make"], k: number, alpha: number): Rule["make"] =>
  () => {
    const update = inner();
    let slow: readonly number[] = [];
    let t = 0;
    return (p, g) => {
      if (t % k === 0) slow = p;
      const fast = update(p, g);
      t++;
      if (t % k > 0) return fast;
      slow = slow.map((value, i) => value + alpha * ((fast[i] ?? Number.NaN) - value));
      return slow;
    };
  };

const norm = (x: readonly number[]): number => Math.hypot(...x);

export const rules: readonly Rule[] = [
  { optimizer: "sgd(lr: 0.05)", make: each(() => (p, g) => p - 0.05 * g) },
  {
    optimizer: "sgd(lr: 0.01, momentum: 0.99, nesterov: true, weight_decay: 0.01)",
    make: each(() => {
      let v = 0;
      return (p, g) => {
        const d = g + 0.01 * p;
        v = 0.99 * v + d;
        return p - 0.01 * (d + 0.99 * v);
      };
    }),
  },
  {
    optimizer: "sgd(lr: 0.05, momentum: 0.9, dampening: 0.3)",
    make: each(() => {
      let v = 0;
      return (p, g, t) => p - 0.05 * (v = 0.9 * v + (t === 1 ? 1 : 0.7) * g);
    }),
  },
  {
    optimizer: "proximal_sgd(lr: 0.05, l1: 0.1, l2: 0.2)",
    make: each(() => (p, g) => {
      const q = p - 0.05 * g;
      return (Math.sign(q) * Math.max(Math.abs(q) - 0.005, 0)) / 1.01;
    }),
  },
  {
    optimizer: "adagrad(lr: 0.05, lr_decay: 0.01)",
    make: each(() => {
      let total = 0;
      return (p, g, t) => {
        total += g * g;
        return p - ((0.05 / (1 + (t - 1) * 0.01)) * g) / (Math.sqrt(total) + 1e-10);
      };
    }),
  },
  {
    optimizer: "adadelta(rho: 0.999)",
    make: each(() => {
      let [squares, steps] = [0, 0];
      return (p, g) => {
        squares = 0.999 * squares + 0.001 * g * g;
        const step = (Math.sqrt(steps + 1e-6) / Math.sqrt(squares + 1e-6)) * g;
        steps = 0.999 * steps + 0.001 * step * step;
        return p - step;
      };
    }),
  },
  {
    optimizer: "rmsprop(lr: 0.001, alpha: 0.9999, momentum: 0.5)",
    make: each(() => {
      let [squares, v] = [0, 0];
      return (p, g) => {
        squares = 0.9999 * squares + 0.0001 * g * g;
        v = 0.5 * v + g / (Math.sqrt(squares) + 1e-8);
        return p - 0.001 * v;
      };
    }),
  },
  {
    optimizer: "rmsprop(lr: 0.01, centered: true)",
    make: each(() => {
      let [squares, mean] = [0, 0];
      return (p, g) => {
        squares = 0.99 * squares + 0.01 * g * g;
        mean = 0.99 * mean + 0.01 * g;
        return p - (0.01 * g) / (Math.sqrt(squares - mean * mean) + 1e-8);
      };
    }),
  },
  { optimizer: "adam(lr: 0.05)", make: adam(0.05, {}) },
  {
    optimizer: "adam(lr: 0.05, beta1: 0, beta2: 0.99999, eps: 0)",
    make: adam(0.05, { beta1: 0, beta2: 0.99999, eps: 0 }),
  },
  { optimizer: "adam(lr: 0.05, beta1: 0.999, beta2: 0.999999)", make: adam(0.05, { beta1: 0.999, beta2: 0.999999 }) },
  { optimizer: "adam(lr: 0.05, weight_decay: 0.1)", make: adam(0.05, {}, 0.1) },
  { optimizer: "adamw(lr: 0.05, beta2: 0.9999, weight_decay: 0.1)", make: adam(0.05, { beta2: 0.9999 }, 0.1, true) },
  {
    optimizer: "amsgrad(lr: 0.05)",
    make: each(() => {
      const means = adamMeans({});
      let largest = 0;
      return (p, g, t) => {
        const [m, , v] = means(g, t);
        largest = Math.max(largest, v);
        return p - (0.05 * m) / (Math.sqrt(largest / -Math.expm1(t * Math.log(0.999))) + 1e-8);
      };
    }),
  },
  {
    // No gradient is 0 here, so that every row moves; test/std/rows-of-tables.test.ts has the others.
    optimizer: "lazy_adam(lr: 0.05)",
    make: each(() => {
      let [m, v] = [0, 0];
      const weight = (t: number, beta: number): number => -Math.expm1(t * Math.log(beta));
      return (p, g, t) => {
        [m, v] = [0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g];
        return p - (((0.05 * Math.sqrt(weight(t, 0.999))) / weight(t, 0.9)) * m) / (Math.sqrt(v) + 1e-8);
      };
    }),
  },
  {
    optimizer: "nadam(lr: 0.05)",
    make: each(() => {
      const means = adamMeans({});
      let passed = 1;
      return (p, g, t) => {
        const [now, next] = [t, t + 1].map((k) => 0.9 * (1 - 0.5 * 0.96 ** (k * 4e-3))) as [number, number];
        passed *= now;
        const [corrected, root] = means(g, t);
        const m = corrected * (1 - 0.9 ** t);
        return p - (0.05 * (((1 - now) * g) / (1 - passed) + (next * m) / (1 - passed * next))) / root;
      };
    }),
  },
  {
    optimizer: "adamax(lr: 0.05)",
    make: each(() => {
      const means = adamMeans({});
      let u = 0;
      return (p, g, t) => {
        u = Math.max(0.999 * u, Math.abs(g) + 1e-8);
        return p - (0.05 * means(g, t)[0]) / u;
      };
    }),
  },
  {
    optimizer: "lion(lr: 0.01, beta2: 0.999, weight_decay: 0.1)",
    make: each(() => {
      let m = 0;
      return (p, g) => {
        const step = Math.sign(0.9 * m + 0.1 * g);
        m = 0.999 * m + 0.001 * g;
        return p - 0.01 * (step + 0.1 * p);
      };
    }),
  },
  {
    optimizer: "lamb(lr: 0.05)",
    make: () => {
      const parts: ReturnType<typeof adamMeans>[] = [];
      let t = 0;
      return (p, g) => {
        t++;
        const step = p.map((value, k) => {
          const [m, root] = (parts[k] ??= adamMeans({ eps: 1e-6 }))(g[k] ?? Number.NaN, t);
          return m / root + 0.01 * value;
        });
        const [length, reach] = [norm(p), norm(step)];
        const share = length > 0 && reach > 0 ? length / reach : 1;
        return p.map((value, k) => value - 0.05 * share * (step[k] ?? Number.NaN));
      };
    },
  },
  {
    optimizer: "lars(lr: 2, weight_decay: 0.01, trust: 0.05)",
    make: () => {
      let v: readonly number[] = [];
      return (p, g) => {
        const [length, reach] = [norm(p), norm(g) + 0.01 * norm(p)];
        const rate = length > 0 && reach > 0 ? (2 * 0.05 * length) / reach : 2;
        v = p.map((value, k) => 0.9 * (v[k] ?? 0) + rate * ((g[k] ?? Number.NaN) + 0.01 * value));
        return p.map((value, k) => value - (v[k] ?? Number.NaN));
      };
    },
  },
  { optimizer: 'adamw(lr: 0.05, weight_decay: 0.1, decay_only: "*.w")', make: adam(0.05, {}, 0.1, true) },
  {
    optimizer: "lookahead(sgd(lr: 0.05), k: 3, alpha: 0.4)",
    make: lookahead(
      each(() => (p, g) => p - 0.05 * g),
      3,
      0.4,
    ),
  },
  { optimizer: "lookahead(adam(lr: 0.05))", make: lookahead(adam(0.05, {}), 5, 0.5) },
  {
    optimizer: "lookahead(lookahead(adam(lr: 0.05), k: 2), k: 3)",
    make: lookahead(lookahead(adam(0.05, {}), 2, 0.5), 3, 0.5),
  },
];
