// Grows a body by rows of all families and by calls of the program's own declarations.
import type { Draw } from "../draw.ts";
import { ofEntry, type Body, type Known, type Names } from "./body.ts";
import type { Dim } from "./dims.ts";
import type { Row } from "./row.ts";
import { control } from "./rows-control.ts";
import { attention, augmentation, losses, metrics, sequences, signals } from "./rows-domains.ts";
import { activations, arithmetic, movement, reductions } from "./rows-functions.ts";
import { layers, pooling } from "./rows-layers.ts";

/** Families of rows; an entry's multiplicity is its weight. */
const families: readonly (readonly Row[])[] = [
  layers,
  layers,
  layers,
  layers,
  pooling,
  activations,
  activations,
  arithmetic,
  arithmetic,
  reductions,
  movement,
  movement,
  movement,
  control,
  control,
  control,
  losses,
  metrics,
  attention,
  signals,
  sequences,
  augmentation,
];

export interface Callee {
  readonly name: string;
  readonly kind: "fn" | "layer" | "model";
  readonly params: readonly Known[];
  readonly symbols: readonly Dim[];
  readonly result: Known;
  readonly statics: boolean;
  /** Values of its body that have a name. */
  readonly inner: readonly Known[];
}

export interface Made {
  readonly draw: Draw;
  readonly names: Names;
  readonly declared: boolean;
  readonly callees: Callee[];
}

export function grow(body: Body, steps: number, made: Made): void {
  const { draw } = made;
  let left = steps;
  for (let tries = 0; left > 0 && tries < steps * 6; tries++) {
    const done =
      made.callees.length > 0 && draw.below(6) === 0
        ? callOne(body, draw.pick(made.callees), draw) !== null
        : body.add(draw.pick(draw.pick(families)));
    if (done) left--;
  }
}

/** Values in scope, or new parameters, for the parameters of a declaration; null if some cannot be had. */
export function argumentsOf(body: Body, { kind, params }: Callee): readonly string[] | null {
  if ((kind !== "fn" && body.kind === "fn") || (kind === "model" && !ofEntry(body.kind))) return null;
  const args = params.map(({ dtype, dims }) => body.of(dtype, dims)?.text ?? null);
  return args.includes(null) ? null : args.filter((arg) => arg !== null);
}

/** The result of a call, or null if it is not possible here. */
export function callOne(body: Body, callee: Callee, draw: Draw): Known | null {
  const { name, result, statics } = callee;
  const args = argumentsOf(body, callee);
  if (args === null) return null;
  const options =
    statics && draw.below(2) === 0
      ? [draw.pick(["scale: 2", "act: softplus", "act: leaky_relu(0.3), scale: 0.5", "act: hard_tanh"])]
      : [];
  const call =
    options.length === 0 && args.length === 1 && draw.below(2) === 0
      ? `${args[0]} |> ${name}`
      : options.length > 0 && draw.below(2) === 0
        ? `${name}(${options.join(", ")})(${args.join(", ")})`
        : `${name}(${[...args, ...options].join(", ")})`;
  return nameAs(body, call, result);
}

/** Adds a value with the type of one in another body. */
export const nameAs = (body: Body, text: string, { dtype, dims }: Known): Known =>
  body.name(
    text,
    dtype,
    dims.map((dim) => body.renamed(dim)),
  );
