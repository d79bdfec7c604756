// The entries of a random program.
import { block, signature } from "./text.ts";
import { Body, type BodyKind, type Known } from "./body.ts";
import { callOne, grow, type Callee, type Made } from "./grow.ts";
import { copyModel, freezing, lossOf, trainInLoop, trainingOn, useModel, writeParam } from "./learning.ts";
import type { Sizes } from "./dims.ts";
import { row } from "./row.ts";

/** The expected type of an output, in each of the two sets of dims. */
export interface Expected {
  readonly entry: string;
  readonly output: string;
  readonly dtype: string;
  readonly dims: readonly Sizes[];
}

/** The models that an entry is about: the second one is a copy of the first, with params of its own. */
export interface Models {
  readonly model: Callee;
  readonly twin: Callee;
}

export function entry(name: string, kind: BodyKind, made: Made, expected: Expected[], model: Callee | null): string {
  const { draw } = made;
  const body = new Body(kind, draw, made.names, made.declared);
  if (draw.below(2) === 0) grow(body, 1 + draw.below(2), made);
  const applied = model === null ? null : callOne(body, model, draw);
  const loss =
    applied === null || model === null || kind !== "train"
      ? null
      : body.say(lossOf(body, applied, model, draw), "f32", []);
  if (loss !== null && model !== null && draw.below(6) === 0) body.lines.unshift(freezing(model, draw));
  grow(body, 1 + draw.below(4), made);
  if (kind === "entry" && model !== null && draw.below(4) === 0) addGradient(body, made);
  if (applied !== null && model !== null) for (let k = draw.below(3); k > 0; k--) useModel(body, model, draw);
  const training = loss === null || model === null ? null : trainingOn(loss, [model], name, draw);
  if (training !== null && model !== null) {
    body.lines.push(...training.lines);
    if (draw.below(2) === 0) useModel(body, model, draw);
    // A tap after it would be of a value in the loop.
    if (draw.below(6) === 0) trainInLoop(body, model, draw);
    grow(body, draw.below(3), made);
  }
  if (applied !== null && model !== null && draw.below(6) === 0) writeParam(body, model, draw);
  return [...(training?.declarations ?? []), entryText(name, body, loss === null ? [] : [loss], expected)].join("\n");
}

/** An entry of a model and its twin, which trains both or copies one; empty if they cannot be applied here. */
export function entryOfTwins(name: string, made: Made, expected: Expected[], { model, twin }: Models): string {
  const { draw } = made;
  const kind = draw.pick(["entry", "draw", "train", "train"] as const);
  const body = new Body(kind, draw, made.names, made.declared);
  const [a, b] = [callOne(body, model, draw), callOne(body, twin, draw)];
  if (a === null || b === null) return "";
  const loss = kind === "train" ? body.say(`${lossOf(body, a, model, draw)} + mean(${b.text})`, "f32", []) : null;
  const training = loss === null ? null : trainingOn(loss, [model, twin], name, draw);
  body.lines.push(...(training?.lines ?? []));
  if (draw.below(2) === 0) copyModel(body, model, twin, draw);
  useModel(body, twin, draw);
  const text = entryText(name, body, loss === null ? [a, b] : [a, b, loss], expected);
  return [...(training?.declarations ?? []), text].join("\n");
}

/** Outputs some values of the body, among them the given ones. */
function entryText(name: string, body: Body, outputs: readonly Known[], expected: Expected[]): string {
  const { draw, kind } = body;
  const results = [...new Set([...draw.shuffle(body.scope).slice(0, 3), ...body.scope.slice(-2), ...outputs])];
  const fields = results.map((value, k) => {
    expected.push({ entry: name, output: `o${k}`, dtype: value.dtype, dims: value.dims.map(({ sizes }) => sizes) });
    return `o${k}: ${value.text}`;
  });
  const lines = [...body.lines, `{ ${fields.join(", ")} }`];
  return `${kind === "entry" ? "" : `${kind} `}entry ${name}(${signature(body.params)}) {\n${block(lines)}}\n`;
}

function addGradient(body: Body, { draw }: Made): void {
  const inputs = body.params.filter(({ dtype }) => dtype === "f32");
  const values = body.scope.filter(({ dtype }) => dtype === "f32");
  if (inputs.length === 0 || values.length === 0) return;
  const x = draw.pick(inputs);
  const y = draw.pick(values);
  body.add(row("", "0.0 + 1.0", "f32[]"));
  body.say(`grad(mean(${y.text}) + sum(${x.text} * 0.1), ${x.text})`, "f32", x.dims);
}
