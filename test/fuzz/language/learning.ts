// What an entry says about a model other than its application: its params, its values inside, its updates.
import type { Draw } from "../draw.ts";
import type { Body, Known } from "./body.ts";
import { argumentsOf, nameAs, type Callee } from "./grow.ts";
import { optimizers, rates, transformations } from "./rows-control.ts";
import { losses } from "./rows-domains.ts";

/** In these templates `%M` is the model and `%a` its arguments. */
const results: readonly string[] = [
  "at(%M, params(%M))(%a)",
  "at(%M, for p in params(%M) { 0.5 * p })(%a)",
  "at(%M, { gain: 2 * %M.gain })(%a)",
  "eval { %M(%a) }",
];
const numbers: readonly string[] = [
  "%M.gain - %M.shift",
  'l2(%M, only: ["*gain", "shift"])',
  'sum(params(%M, only: "gain")[0])',
  "fold(add, for each in params(%M) { sum(each ^ 2) })",
];
const writes: readonly string[] = [
  "%M.gain <- 0.5 * %M.gain + 0.1",
  "%M.shift <- %M.gain",
  "%M.shift <- lerp(%M.shift, 1, 0.1)",
];
const copies: readonly string[] = ["%T <- %M", "%T <- lerp(%T, %M, 0.1)"];

const filled = (text: string, model: Callee, args: readonly string[] = []): string =>
  text.replaceAll("%M", model.name).replaceAll("%a", args.join(", "));

/** Adds a value that has to do with a model, which the entry has applied. */
export function useModel(body: Body, model: Callee, draw: Draw): void {
  const kind = draw.below(3);
  const args = kind === 0 ? argumentsOf(body, model) : null;
  if (args !== null) nameAs(body, filled(draw.pick(results), model, args), model.result);
  else if (kind === 1 && model.inner.length > 0) {
    const inner = draw.pick(model.inner);
    nameAs(body, `tap(${model.name}.${inner.text})`, inner);
  } else body.say(filled(draw.pick(numbers), model), "f32", []);
}

export function writeParam(body: Body, model: Callee, draw: Draw): void {
  body.lines.push(filled(draw.pick(writes), model));
}

/** Copies the model to its twin. */
export function copyModel(body: Body, model: Callee, twin: Callee, draw: Draw): void {
  body.lines.push(filled(draw.pick(copies), model).replaceAll("%T", twin.name));
}

export function lossOf(body: Body, result: Known, model: Callee, draw: Draw): string {
  const penalty = draw.pick(["", "", ` + 1e-3 * l2(${model.name})`, ` + 0.01 * l1(${model.name}, only: "*gain")`]);
  const before = body.scope.length;
  const losing = draw.below(2) === 0 && body.add(draw.pick(losses)) ? body.scope[before] : undefined;
  const extra = losing === undefined || losing.dtype !== "f32" ? "" : ` + 0.1 * mean(${losing.text})`;
  return `${draw.pick([`mean(${result.text} ^ 2)`, `sum(tanh(${result.text}))`, `mean(mse(${result.text}, 1))`, `mean(bce_logits(${result.text}, 0))`])}${extra}${penalty}`;
}

/** Excludes a param; the gain is left. */
export const freezing = (model: Callee, draw: Draw): string =>
  filled(draw.pick(["freeze %M.shift", 'freeze "*shift"', 'freeze %M, only: ["*shift"]']), model);

/** Statements that train, and the declarations that they need. */
export interface Training {
  readonly declarations: readonly string[];
  readonly lines: readonly string[];
}

/** Trains the models on a loss, sometimes by a chain that is declared under a name, twice. */
export function trainingOn(loss: Known, models: readonly Callee[], entry: string, draw: Draw): Training {
  const rate = draw.below(6) === 0 ? "rate" : draw.pick(rates);
  const optimizer = draw.below(8) === 0 ? `own_rule(lr: ${rate})` : draw.pick(optimizers).replace("%", rate);
  const chain = [...draw.shuffle(transformations).slice(0, draw.below(3)), optimizer].join(" |> ");
  if (draw.below(4) > 0) return { declarations: [], lines: [stepOf(loss, models, chain, draw)] };
  const name = `${entry}_chain`;
  const line = stepOf(loss, models, name, draw);
  return {
    declarations: [`optimizer ${name} = ${chain}\n`],
    lines: isMinimize(line) && draw.below(2) === 0 ? [line, line] : [line],
  };
}

/** Steps in a loop, of a loss that is computed in it. */
export function trainInLoop(body: Body, model: Callee, draw: Draw): void {
  const args = argumentsOf(body, model);
  if (args === null) return;
  const head = draw.pick(["scan _ in 3", "repeat 2", "while carry k = 0 until k == 2"]);
  const optimizer = draw.pick(optimizers).replace("%", draw.pick(rates));
  const step = `minimize mean(%M(%a) ^ 2) over %M with ${optimizer}`;
  const lines = head.startsWith("while") ? [step, "  next k = k + 1"] : [step];
  body.lines.push(filled(`${head} {\n  ${lines.join("\n")}\n}`, model, args));
}

/** A second step differentiates the loss of the updated params; `update` takes the gradient of the loss as it was. */
const isMinimize = (line: string): boolean => line.startsWith("minimize");

function stepOf(loss: Known, models: readonly Callee[], chain: string, draw: Draw): string {
  const names = models.map(({ name }) => name);
  const over = names.length === 1 ? names.join() : `[${names.join(", ")}]`;
  const calls = draw.pick(["", "", "", " every 2", ` when ${loss.text} < 100`, ` every 3 when ${loss.text} > 0`]);
  if (draw.below(4) === 0)
    return `update ${draw.pick([over, names.join(", ")])}${calls} with grad(${loss.text}, params(${over})) |> ${chain}`;
  const only = draw.pick(["", "", "", ', only: "*gain"', ', only: ["*gain", "gain"]']);
  return `minimize ${loss.text} over ${over}${only}${calls} with ${chain}`;
}
