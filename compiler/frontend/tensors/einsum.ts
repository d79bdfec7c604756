import type { Span } from "../../../dsl/span.ts";
import type { Value as GraphValue } from "../../graph/ir.ts";
import { at } from "../../support/lists.ts";
import { axisPattern, restOf, withoutRest, type AxisPattern, type Side, type Word } from "./axis-pattern.ts";
import type { Arg, DlValue, Env, Tensor } from "../context.ts";
import { allowedShape, build, addNode } from "./add-node.ts";
import { report } from "../errors.ts";
import { diagonal, type Named } from "./diagonal.ts";
import { ERROR, makeTensor, showTensor } from "../values/values.ts";
import { notTensor } from "../values/not-tensor.ts";

/**
 * A sum of products over named axes. A name that an operand has twice stands for the diagonal of these axes. Operands
 * are joined from left to right: an axis used neither by a later operand nor by the result is contracted, one that both
 * have and that is used later is a batch axis. After NumPy's einsum.
 */
export function einsum(env: Env, patternArg: Arg, parts: Arg, span: Span): DlValue {
  const operands = parts.value.kind === "list" ? parts.value.items : [];
  const odd = operands.find((value) => value.kind !== "tensor");
  if (odd !== undefined)
    return odd.kind === "error" ? ERROR : notTensor(env, span, "expected tensors for `einsum`", odd);
  const tensors = operands.filter((value): value is Tensor => value.kind === "tensor");
  const pattern = axisPattern(env, patternArg, { repeats: true });
  if (pattern === null) return ERROR;
  const grouped = [...pattern.operands, pattern.result].flat().find((group) => group.length !== 1);
  if (grouped !== undefined)
    return (
      pattern.mistakeAt(grouped[0] ?? { at: 0, end: 1 }, "`einsum` cannot split or join axes; use `rearrange`") ?? ERROR
    );
  if (pattern.operands.length !== tensors.length)
    return report(
      env.context,
      "E0511",
      patternArg.span,
      `expected ${pattern.operands.length} tensors for the pattern, found ${tensors.length}`,
    );
  const sizes = new Map<string, { size: number; symbol: string | null; of: number }>();
  const sides: Side[] = [];
  for (const [k, written] of pattern.operands.entries()) {
    const t = at(tensors, k);
    const side = withoutRest(written, t.value.type.shape.length);
    if (side === null) return wrongRank(pattern, written, t) ?? ERROR;
    sides.push(side);
    for (const [axis, group] of side.entries()) {
      const word = at(group, 0);
      if (!sized(pattern, word, t, axis, k, tensors, sizes)) return ERROR;
    }
  }
  const rests = sides.map((side) => side.filter(([word]) => word?.text.startsWith("..")).length);
  const result = restOf(pattern.result, Math.max(0, ...rests)).map((group) => at(group, 0));
  const unknown = result.find((word) => !sizes.has(word.text));
  if (unknown !== undefined)
    return (
      pattern.mistakeAt(
        unknown,
        unknown.kind === "size"
          ? "the axes of the result must be names"
          : `unknown axis \`${unknown.text}\`: no operand has it`,
      ) ?? ERROR
    );
  const names = result.map((word) => word.text);
  const shape = names.map((name) => sizes.get(name)?.size ?? 0);
  if (!allowedShape(env, span, shape)) return ERROR;
  const value = contractAll(env, span, tensors, sides, names);
  return value === null
    ? ERROR
    : makeTensor(
        env.context.builder,
        value,
        span,
        names.map((name) => sizes.get(name)?.symbol ?? null),
      );
}

const wrongRank = ({ mistakeAt }: AxisPattern, side: Side, t: Tensor): null =>
  mistakeAt(
    { at: side[0]?.[0]?.at ?? 0, end: side.at(-1)?.[0]?.end ?? 1 },
    `the pattern has ${side.length} ${side.length === 1 ? "axis" : "axes"}, but the tensor is ${showTensor(t)}`,
    side.length === 1 && (side[0]?.[0]?.text.length ?? 0) > 1
      ? `separate the names by spaces: ${[...(side[0]?.[0]?.text ?? "")].join(" ")}`
      : "name every axis, or write `..` for the others",
  );

function sized(
  { mistakeAt }: AxisPattern,
  word: Word,
  t: Tensor,
  axis: number,
  operand: number,
  tensors: readonly Tensor[],
  sizes: Map<string, { size: number; symbol: string | null; of: number }>,
): boolean {
  const size = t.value.type.shape[axis] ?? 0;
  if (word.kind === "size") return mistakeAt(word, "the axes of `einsum` must be names") !== null;
  const known = sizes.get(word.text);
  if (known === undefined) sizes.set(word.text, { size, symbol: t.symbols[axis] ?? null, of: operand });
  else if (known.size !== size)
    return (
      mistakeAt(
        word,
        known.of === operand
          ? `axis \`${word.text}\` is both ${known.size} and ${size} in ${showTensor(t)}`
          : `axis \`${word.text}\` is ${known.size} in ${showTensor(at(tensors, known.of))}, but ${size} in ${showTensor(t)}`,
      ) !== null
    );
  return true;
}

/** Null after a report. */
function contractAll(
  env: Env,
  span: Span,
  tensors: readonly Tensor[],
  sides: readonly Side[],
  result: readonly string[],
): GraphValue | null {
  const { builder } = env.context;
  const named = tensors.map((t, k): Named => {
    const names = sides[k]?.map(([word]) => word?.text ?? "") ?? [];
    return build(env, span, () => diagonal(builder, { value: t.value, names }));
  });
  const wantedAfter = (k: number): ReadonlySet<string> =>
    new Set([...result, ...named.slice(k + 1).flatMap((n) => n.names)]);
  let acc = at(named, 0);
  for (const [k, next] of named.entries()) {
    if (k === 0) continue;
    const wanted = wantedAfter(k);
    // An axis of only one of the two that is not used later is summed first.
    const a = summed(env, span, acc, (name) => wanted.has(name) || next.names.includes(name));
    const b = summed(env, span, next, (name) => wanted.has(name) || a.names.includes(name));
    const both = a.names.filter((name) => b.names.includes(name));
    const [batch, contract] = [both.filter((name) => wanted.has(name)), both.filter((name) => !wanted.has(name))];
    const pairs = (names: readonly string[]): number[][] => [
      names.map((name) => a.names.indexOf(name)),
      names.map((name) => b.names.indexOf(name)),
    ];
    const made = addNode(
      env,
      span,
      "dot",
      [a, b].map(({ value }) => makeTensor(builder, value, span)),
      { batch: pairs(batch), contract: pairs(contract) },
    );
    if (made.kind !== "tensor") return null;
    const free = ({ names }: Named): string[] => names.filter((name) => !both.includes(name));
    acc = { value: made.value, names: [...batch, ...free(a), ...free(b)] };
  }
  const { value, names } = summed(env, span, acc, (name) => result.includes(name));
  const perm = result.map((name) => names.indexOf(name));
  return perm.every((axis, k) => axis === k) ? value : build(env, span, () => builder.transpose(value, perm));
}

function summed(env: Env, span: Span, { value, names }: Named, kept: (name: string) => boolean): Named {
  const axes = names.flatMap((name, axis) => (kept(name) ? [] : [axis]));
  return { value: build(env, span, () => env.context.builder.sum(value, axes)), names: names.filter(kept) };
}
