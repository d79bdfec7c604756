// Uses of the ops with regions, with carries, sequences and results of any dtype and shape.
import type { DType } from "../../../runtime/model.ts";
import { GraphBuilder } from "../../../compiler/graph/build.ts";
import { RegionBuilder } from "../../../compiler/graph/inline.ts";
import type { Graph, Value } from "../../../compiler/graph/ir.ts";
import { ops } from "../../../compiler/ops/table.ts";
import { present } from "../../../compiler/support/invariant.ts";
import { tensor, type TensorType } from "../../../compiler/types/tensor-type.ts";

const bool = tensor("bool", []);
const i32 = tensor("i32", []);

/** A value of the same dtype that depends on both: a sum, saturating for narrow dtypes. */
function join(g: GraphBuilder, a: Value, b: Value): Value {
  const { dtype } = a.type;
  if (dtype === "bool") return g.call("xor", [a, b]);
  if (dtype === "f32" || dtype === "i32") return g.add(a, b);
  return g.convert(g.add(g.convert(a, "i32"), g.convert(b, "i32")), dtype);
}

const region = (build: (r: RegionBuilder) => void): Graph => {
  const r = new RegionBuilder("region", new GraphBuilder("region", ops));
  build(r);
  return r.build();
};

/**
 * A body that outputs the old and the new carry, which is the old one joined with the item and the invariant; a second
 * carry counts.
 */
const joining = (type: TensorType): Graph =>
  region((r) => {
    const [x, w] = [r.input("x", type), r.input("w", type)];
    const [carry, count] = [r.carry("h", type), r.carry("i", i32)];
    const next = join(r.g, join(r.g, carry, x), w);
    r.output("before", carry);
    r.output("after", next);
    r.next(0, next);
    r.next(1, r.g.add(count, 1));
  });

/** A body that is itself a scan over the items of its item. */
const nested = (type: TensorType, length: number): Graph =>
  region((r) => {
    const [xs, w] = [r.input("xs", tensor(type.dtype, [length, ...type.shape])), r.input("w", type)];
    const [carry, count] = [r.carry("h", type), r.carry("i", i32)];
    const [last, counted, , after] = r.g.callAll("scan", [carry, count, xs, w], { carries: 2, sequences: 1, length }, [
      joining(type),
    ]);
    r.output("inner", present(after, "the outputs of the inner scan"));
    r.next(0, present(last, "the last carry"));
    r.next(1, present(counted, "the count"));
  });

/** A while loop that joins until the count is reached. */
const whileRegions = (type: TensorType): readonly Graph[] => [
  region((r) => {
    r.input("w", type);
    const most = r.input("most", i32);
    r.carry("h", type);
    r.output("more", r.g.call("lt", [r.carry("i", i32), most]));
  }),
  region((r) => {
    const w = r.input("w", type);
    r.input("most", i32);
    const [carry, count] = [r.carry("h", type), r.carry("i", i32)];
    r.next(0, join(r.g, carry, w));
    r.next(1, r.g.add(count, 1));
  }),
];

/** Branches that return their inputs, new values, and one value twice. */
const condRegions = (type: TensorType): readonly Graph[] => [
  region((r) => {
    const [a, b] = [r.input("a", type), r.input("b", type)];
    const both = join(r.g, a, b);
    for (const [name, value] of [
      ["x", both],
      ["y", b],
      ["z", both],
    ] as const)
      r.output(name, value);
  }),
  region((r) => {
    const [a, b] = [r.input("a", type), r.input("b", type)];
    for (const [name, value] of [
      ["x", b],
      ["y", a],
      ["z", r.g.zeros(type)],
    ] as const)
      r.output(name, value);
  }),
];

/** A body with a branch, one side of which is a loop. */
const mixed = (type: TensorType): Graph =>
  region((r) => {
    const [flag, x, w] = [r.input("flag", bool), r.input("x", type), r.input("w", type)];
    const carry = r.carry("h", type);
    const loop = region((t) => {
      const [a, b] = [t.input("a", type), t.input("b", type)];
      const start = t.g.constant(i32, 0);
      t.output(
        "x",
        present(
          t.g.callAll("while", [a, start, b, t.g.constant(i32, 2)], { carries: 2 }, whileRegions(type))[0],
          "a carry",
        ),
      );
    });
    const plain = region((e) => {
      const [a, b] = [e.input("a", type), e.input("b", type)];
      e.output(
        "x",
        present(
          e.g.callAll("checkpoint", [a, b], {}, [
            region((c) => c.output("y", join(c.g, c.input("a", type), c.input("b", type)))),
          ])[0],
          "a result",
        ),
      );
    });
    const next = present(r.g.callAll("cond", [flag, join(r.g, carry, x), w], {}, [loop, plain])[0], "a result");
    r.output("after", next);
    r.next(0, next);
  });

const lengths = [0, 1, 4];

/** All of these ops for one type. */
export function controlGraph(dtype: DType, shape: readonly number[], name: string): Graph {
  const type = tensor(dtype, shape);
  const stacked = (...sizes: readonly number[]): TensorType => tensor(dtype, [...sizes, ...shape]);
  const g = new GraphBuilder(name, ops);
  const [c, w, n] = [g.input("c", type), g.input("w", type), g.input("n", i32)];
  const outputs = (name: string, values: readonly Value[]): void =>
    values.forEach((value, i) => g.output(`${name} ${i}`, value));
  for (const length of lengths) {
    const xs = g.input(`x${length}`, stacked(length));
    for (const reverse of [false, true]) {
      const attrs = { carries: 2, sequences: 1, length, reverse };
      outputs(
        `scan of ${length}${reverse ? " reversed" : ""}`,
        g.callAll("scan", [c, n, xs, w], attrs, [joining(type)]),
      );
    }
    const deep = g.input(`deep${length}`, stacked(2, length));
    outputs(
      `scan of 2 of ${length}`,
      g.callAll("scan", [c, n, deep, w], { carries: 2, sequences: 1, length: 2 }, [nested(type, length)]),
    );
    const flags = g.input(`flags${length}`, tensor("bool", [length]));
    outputs(
      `mixed ${length}`,
      g.callAll("scan", [c, flags, xs, w], { carries: 1, sequences: 2, length }, [mixed(type)]),
    );
    outputs(
      `while to ${length}`,
      g.callAll("while", [c, g.constant(i32, 0), w, g.input(`most${length}`, i32)], { carries: 2 }, whileRegions(type)),
    );
  }
  for (const pred of ["yes", "no"])
    outputs(`cond ${pred}`, g.callAll("cond", [g.input(pred, bool), c, w], {}, condRegions(type)));
  outputs(
    "checkpoint",
    g.callAll("checkpoint", [c, w], {}, [
      region((r) => r.output("y", join(r.g, r.input("a", type), r.input("b", type)))),
    ]),
  );
  const forward = region((r) => r.output("y", join(r.g, r.input("a", type), r.input("b", type))));
  const backward = region((r) => {
    for (const input of ["a", "b", "y"]) r.input(input, type);
    if (dtype !== "f32") return;
    const dy = r.input("dy", type);
    r.output("da", dy);
    r.output("db", dy);
  });
  outputs("custom", g.callAll("custom_gradient", [c, w], {}, [forward, backward]));
  return g.build();
}

/** Inputs with fixed values: predicates and iteration counts; null for all others. */
export function fixedInput(name: string): readonly number[] | null {
  if (name === "yes" || name === "no") return [Number(name === "yes")];
  return name.startsWith("most") ? [Number(name.slice("most".length))] : null;
}
