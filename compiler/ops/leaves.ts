// Leaves of a graph (inputs, params, state, carries, constants), and `gradient`, which a pass replaces.
import { leafType } from "../graph/build.ts";
import type { AttrKind, Condition, Draw, Reference, Sample } from "../graph/op.ts";
import { invariant } from "../support/invariant.ts";
import { elements, isFloat } from "../types/tensor-type.ts";
import { noOperands } from "./batching.ts";
import { gradientBatch } from "./control-batch.ts";
import { flag } from "./draw.ts";
import { integers, range } from "./lists.ts";
import { type Entry, bool, f32, family, i32, none } from "./signature.ts";

const filled = { name: "x", path: "x", value: 0, dtype: "f32" } as const;
const validShape: Condition = {
  message: "the sizes are ints of at least 0",
  about: ["shape"],
  holds: (_, { shape }) => integers(shape as readonly number[], 0),
  breaks: [
    [[], { ...filled, shape: [2, -1] }],
    [[], { ...filled, shape: [1.5] }],
  ],
};

interface Leaf {
  readonly doc: string;
  readonly attrs: Readonly<Record<string, AttrKind>>;
  readonly requires?: Readonly<Record<string, Condition>>;
  readonly reference?: Reference;
  readonly draw: Draw;
  readonly samples: readonly Sample[];
}

const given: Reference = {
  kind: "array",
  apply: () => {
    invariant(false, "the caller supplies the value of a leaf");
  },
};

const leaf = ({ doc, attrs, requires, reference, draw, samples }: Leaf): Entry => ({
  doc,
  operands: [],
  attrs: { ...attrs, dtype: "dtype", shape: "ints" },
  defaults: {},
  requires: { c1: validShape, ...requires },
  type: (_, all) => [leafType(all)],
  gradient: none("it does not have operands"),
  batch: noOperands,
  linear: null,
  form: { kind: "leaf" },
  reference: reference ?? given,
  draw,
  samples,
  exact: true,
});

const given32 = { dtype: "f32", shape: [2, 3] } as const;

declare module "../graph/form.ts" {
  interface OpNames {
    leaves: "input" | "param" | "state" | "carry" | "constant" | "gradient";
  }
}

export const leaves = family<"leaves">({
  input: leaf({
    doc: "a value given at the call",
    attrs: { name: "string" },
    draw: (_, shape) => ({ shapes: [], attrs: { name: "x", shape } }),
    samples: [{ operands: [], attrs: { name: "x", ...given32 } }],
  }),
  param: leaf({
    doc: "a tensor that training changes, as it was before the call",
    attrs: { path: "string" },
    draw: (_, shape) => ({ shapes: [], attrs: { path: "w", shape } }),
    samples: [{ operands: [], attrs: { path: "w", ...given32 } }],
  }),
  state: leaf({
    doc: "a tensor that lives from call to call, as it was before the call",
    attrs: { path: "string" },
    draw: (_, shape) => ({ shapes: [], attrs: { path: "s", shape } }),
    samples: [{ operands: [], attrs: { path: "s", ...given32 } }],
  }),

  carry: leaf({
    doc: "in the region of a loop: a value that the loop passes from one iteration to the next, as it was before this iteration",
    attrs: { name: "string" },
    draw: (_, shape) => ({ shapes: [], attrs: { name: "h", shape } }),
    samples: [{ operands: [], attrs: { name: "h", ...given32 } }],
  }),

  constant: leaf({
    doc: "one number in every element (`value`), or the elements in row-major order (`values`)",
    attrs: { value: "float", values: "floats" },
    requires: {
      c2: {
        message: "either `value` or `values` is given",
        about: ["value", "values"],
        holds: (_, { value, values }) => (value === undefined) !== (values === undefined),
        breaks: [
          [[], { dtype: "f32", shape: [1] }],
          [[], { value: 1, values: [1], dtype: "f32", shape: [1] }],
        ],
      },
      c3: {
        message: "there are as many `values` as elements",
        about: ["values"],
        holds: (_, { values, shape }) =>
          values === undefined || (values as readonly number[]).length === elements(shape as readonly number[]),
        breaks: [[[], { values: [1, 2], dtype: "f32", shape: [3] }]],
      },
    },
    reference: {
      kind: "array",
      apply: (_, { attrs: { value, values, shape } }) => [
        values === undefined
          ? new Float64Array(elements(shape as readonly number[])).fill(value as number)
          : Float64Array.from(values as readonly number[]),
      ],
    },
    draw: (c, shape) => ({
      shapes: [],
      attrs: {
        shape,
        ...(flag(c) ? { value: c.int(0, 1) } : { values: range(elements(shape)).map(() => c.int(0, 1)) }),
      },
    }),
    samples: [
      { operands: [], attrs: { value: -1.5, ...given32 } },
      { operands: [], attrs: { value: 7, dtype: "i32", shape: [] } },
      { operands: [], attrs: { values: [1, 0, 1], dtype: "bool", shape: [3] } },
      { operands: [], attrs: { values: [0.5, 1, -2, 3, 4, 1e-3], ...given32 } },
    ],
  }),

  gradient: {
    doc: "the gradient of a scalar, the loss, with respect to each of the values after it",
    operands: "variadic",
    attrs: {},
    defaults: {},
    requires: {
      c1: {
        message: "there is a loss and at least one target",
        about: ["operands"],
        holds: (types) => types.length >= 2,
        breaks: [[[f32()]]],
      },
      c2: {
        message: "the loss is a scalar f32",
        about: ["operands"],
        holds: ([loss]) => loss !== undefined && loss.shape.length === 0 && isFloat(loss.dtype),
        breaks: [[[f32(1), f32()]], [[i32(), f32()]]],
      },
      c3: {
        message: "the targets are f32",
        about: ["operands"],
        holds: ([, ...targets]) => targets.every((t) => isFloat(t.dtype)),
        breaks: [[[f32(), f32(), bool()]], [[f32(), i32()]]],
      },
    },
    type: ([, ...targets]) => targets,
    gradient: none("the differentiate pass expands it"),
    batch: gradientBatch,
    linear: null,
    form: { kind: "leaf" },
    reference: {
      kind: "array",
      apply: () => {
        invariant(false, "a gradient is expanded before it is evaluated");
      },
    },
    draw: (_, shape) => ({ shapes: [[], shape, shape], attrs: {} }),
    samples: [{ operands: [f32(), f32(2, 3), f32()] }, { operands: [f32(), f32(1)] }],
    exact: false,
  },
});
