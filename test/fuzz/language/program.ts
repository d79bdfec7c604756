// Generates a random program and the expected types of its outputs, deterministic in the seed.
import { readdirSync, readFileSync } from "node:fs";
import { createDraw, type Draw } from "../draw.ts";
import { Body, ofEntry, type Known, type Names, type BodyKind } from "./body.ts";
import { named, same, type Dim, type Sizes } from "./dims.ts";
import { row, type Row } from "./row.ts";
import { control, optimizers, rates, transformations } from "./rows-control.ts";
import { attention, augmentation, losses, metrics, sequences, signals } from "./rows-domains.ts";
import { activations, arithmetic, movement, reductions } from "./rows-functions.ts";
import { layers, pooling } from "./rows-layers.ts";

/** The expected type of an output, in each of the two sets of dims. */
export interface Expected {
  readonly entry: string;
  readonly output: string;
  readonly dtype: string;
  readonly dims: readonly Sizes[];
}

export interface GeneratedProgram {
  readonly seed: number;
  readonly text: string;
  /** Other files, by the path that imports them. */
  readonly files: Readonly<Record<string, string>>;
  readonly expected: readonly Expected[];
}

/** Sizes of the dims in both sets. */
export const variants: readonly Readonly<Record<string, number>>[] = [0, 1].map((at) =>
  Object.fromEntries(Object.entries(named).map(([n, s]) => [n, s[at] ?? 0])),
);

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

interface Callee {
  readonly name: string;
  readonly kind: "fn" | "layer" | "model";
  readonly params: readonly Known[];
  readonly symbols: readonly Dim[];
  readonly result: Known;
  readonly statics: boolean;
}

interface Made {
  readonly draw: Draw;
  readonly names: Names;
  readonly declared: boolean;
  readonly callees: Callee[];
  readonly hasSetting: boolean;
}

function grow(body: Body, steps: number, made: Made): void {
  const { draw } = made;
  let left = steps;
  for (let tries = 0; left > 0 && tries < steps * 6; tries++) {
    const done =
      made.callees.length > 0 && draw.below(6) === 0
        ? callOne(body, draw.pick(made.callees), draw)
        : body.add(draw.pick(draw.pick(families)));
    if (done) left--;
  }
}

function callOne(body: Body, { name, kind, params, result, statics }: Callee, draw: Draw): boolean {
  if ((kind !== "fn" && body.kind === "fn") || (kind === "model" && !ofEntry(body.kind))) return false;
  const args: string[] = [];
  for (const { dtype, dims } of params) {
    const value = body.of(dtype, dims);
    if (value === null) return false;
    args.push(value.text);
  }
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
  body.say(
    call,
    result.dtype,
    result.dims.map((dim) => body.renamed(dim)),
  );
  return true;
}

/** `f32[N, 4]`; null where a size has no name. */
function typeText({ dtype, dims }: Known): string | null {
  return dims.some(({ text }) => text === null) ? null : `${dtype}[${dims.map(({ text }) => text).join(", ")}]`;
}

const signature = (params: readonly Known[]): string =>
  params.map((param) => `${param.text}: ${typeText(param) ?? ""}`).join(", ");
const block = (lines: readonly string[]): string =>
  lines
    .flatMap((line) => line.split("\n"))
    .map((line) => `  ${line}\n`)
    .join("");

/** A function, layer or model; null if its body has no parameters. */
function declare(kind: Callee["kind"], made: Made): string | null {
  const { draw } = made;
  const number = made.names.next++;
  const name = `${{ fn: "f", layer: "l", model: "M" }[kind]}own${number}`;
  const body = new Body(kind, draw, made.names, made.declared);
  const statics = kind !== "model" && draw.below(3) === 0;
  if (kind !== "fn") body.add(draw.pick(layers));
  grow(body, 1 + draw.below(5), made);
  const last = body.scope.at(-1);
  if (last === undefined || body.params.length === 0) return null;
  let result = last;
  if (kind === "model" && last.dtype !== "f32") return null;
  if (kind === "model") {
    body.lines.push("param gain: f32 = 1", "param shift: f32 = 0");
    result = body.say(`gain * ${last.text} + shift`, "f32", last.dims);
  }
  if (statics && result.dtype === "f32") result = body.say(`act(${result.text}) * scale`, "f32", result.dims);
  const custom =
    kind === "fn" &&
    result.dtype === "f32" &&
    body.params.length === 1 &&
    body.params[0]?.dtype === "f32" &&
    draw.below(2) === 0;
  const own = body.params[0];
  const type = draw.below(4) === 0 ? null : typeText(result);
  const condition =
    body.symbols.length > 0 && draw.below(4) === 0 ? ` where ${body.symbols[0]?.text} >= 1, "a size is 1 or more"` : "";
  const rule =
    custom &&
    own !== undefined &&
    own.dims.length === result.dims.length &&
    own.dims.every((dim, k) => same(dim, result.dims[k] ?? dim))
      ? " with gradient (dy) { dy * 0.5 }"
      : "";
  const head = `${kind} ${name}${statics ? `(act: fn = tanh, scale: f32 = 1.5)` : ""}(${signature(body.params)})${type === null ? "" : ` -> ${type}`}${condition}`;
  made.callees.push({
    name,
    kind,
    params: body.params,
    symbols: body.symbols,
    result,
    statics: statics && result.dtype === "f32",
  });
  return `${draw.below(5) === 0 ? "// A comment.\n" : ""}${head} {\n${block([...body.lines, result.text])}}${rule}\n`;
}

function entry(name: string, kind: BodyKind, made: Made, expected: Expected[], model: Callee | null): string {
  const { draw } = made;
  const body = new Body(kind, draw, made.names, made.declared);
  if (draw.below(2) === 0) grow(body, 1 + draw.below(2), made);
  const lines: string[] = [];
  const declarations: string[] = [];
  let loss: Known | null = null;
  if (model !== null && callOne(body, model, draw)) {
    const logits = body.scope.at(-1);
    if (logits !== undefined && kind === "train") loss = body.say(lossOf(body, logits, model, made), "f32", []);
  }
  grow(body, 1 + draw.below(4), made);
  if (kind === "entry" && model !== null && draw.below(4) === 0) addGradient(body, made);
  if (loss !== null && model !== null) {
    if (draw.below(6) === 0) body.lines.push(`freeze ${model.name}.gain`);
    const used = draw.shuffle(transformations).slice(0, draw.below(3));
    const rate = made.hasSetting && draw.below(3) === 0 ? "rate" : draw.pick(rates);
    const optimizer = draw.below(8) === 0 ? `own_rule(lr: ${rate})` : draw.pick(optimizers).replace("%", rate);
    const chain = [...used, optimizer].join(" |> ");
    const train = (chosen: string): string => `minimize ${loss.text} over ${model.name} with ${chosen}`;
    if (draw.below(4) === 0) {
      declarations.push(`optimizer ${name}_chain = ${chain}\n`);
      body.lines.push(train(`${name}_chain`), ...(draw.below(2) === 0 ? [train(`${name}_chain`)] : []));
    } else body.lines.push(train(chain));
    grow(body, draw.below(3), made);
  }
  const results = [
    ...new Set([...draw.shuffle(body.scope).slice(0, 3), ...body.scope.slice(-2), ...(loss === null ? [] : [loss])]),
  ];
  const fields = results.map((value, k) => {
    expected.push({ entry: name, output: `o${k}`, dtype: value.dtype, dims: value.dims.map(({ sizes }) => sizes) });
    return `o${k}: ${value.text}`;
  });
  lines.push(...body.lines, `{ ${fields.join(", ")} }`);
  return `${declarations.join("")}${kind === "entry" ? "" : `${kind} `}entry ${name}(${signature(body.params)}) {\n${block(lines)}}\n`;
}

function lossOf(body: Body, logits: Known, model: Callee, { draw }: Made): string {
  const penalty = draw.pick(["", "", ` + 1e-3 * l2(${model.name})`, ` + 0.01 * l1(${model.name}, only: "*gain")`]);
  const before = body.scope.length;
  const losing = draw.below(2) === 0 && body.add(draw.pick(losses)) ? body.scope[before] : undefined;
  const extra = losing === undefined || losing.dtype !== "f32" ? "" : ` + 0.1 * mean(${losing.text})`;
  return `${draw.pick([`mean(${logits.text} ^ 2)`, `sum(tanh(${logits.text}))`, `mean(mse(${logits.text}, 1))`, `mean(bce_logits(${logits.text}, 0))`])}${extra}${penalty}`;
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

const ownRule = `optimizer own_rule(lr: f32 = 1e-3)(p: f32[..S], g: f32[..S]) -> f32[..S] {
  state m: f32[..S] = zeros
  state t: f32 = 0
  t <- t + 1
  m <- lerp(g, m, 0.9)
  p - lr * m / (1 - 0.9 ^ t)
}
`;

const imported = `dl 1

// Twice, and something else.
fn from_file(x: f32[..S]) -> f32[..S] = twice(x) - 1

fn twice(x: f32[..S]) -> f32[..S] = 2 * x

layer layer_of_file(units: int = 3)(x: f32[..B, K]) -> f32[..B, units] = x |> dense(units) |> relu
`;

const asserted = `test "clamp keeps values within the limits" {
  let x = clamp(normal([2, 3]), lo: -1, hi: 1)
  assert x <= 1 and x >= -1, "within the limits"
  assert close(x * 2, x + x)
  assert shape(x) == [2, 3]
}
`;

const std = new URL("../../../dsl/std/", import.meta.url);

/** The tests beside the declarations of the library. */
export const libraryTests: readonly string[] = readdirSync(std)
  .filter((name) => name.endsWith(".dl"))
  .flatMap((file) => readFileSync(new URL(file, std), "utf8").match(/^test "[^]*?^}\n/gm) ?? []);

/** A model that follows another one. */
const twins = `model Leads(x: f32[2, 3]) -> f32[2, 4] = x |> dense(4) |> tanh

model Follows(x: f32[2, 3]) -> f32[2, 4] = x |> dense(4) |> tanh

train entry follow(x: f32[2, 3]) {
  let (lead, own) = (Leads(x), Follows(x))
  let loss = mean((lead - 1) ^ 2)
  minimize loss over Leads with sgd(lr: 0.1)
  minimize distance(Follows, Leads) over Follows with sgd(lr: ema_rate(0.9, step))
  { loss, gap: mean((lead - own) ^ 2), all: sum_of_squares(params(Leads)[0]), count: len(params(Follows, only: "*.w")) }
}
`;

export function generateProgram(seed: number): GeneratedProgram {
  const draw = createDraw(seed);
  const declared = draw.below(5) < 3;
  const imports = draw.below(6) === 0;
  const hasSetting = draw.below(4) === 0;
  const made: Made = { draw, names: { next: 1 }, declared, callees: [], hasSetting };
  const parts: string[] = [];
  for (let k = draw.below(3); k > 0; k--) parts.push(declare(draw.pick(["fn", "layer"]), made) ?? "");
  if (draw.below(10) < 7) parts.push(declare("model", made) ?? "");
  const model = made.callees.findLast(({ kind }) => kind === "model") ?? null;
  const expected: Expected[] = [];
  parts.push(entry("predict", "entry", made, expected, model));
  if (model !== null) parts.push(entry("learn", "train", made, expected, model));
  if (draw.below(4) === 0) parts.push(entry("other", "entry", made, expected, model));
  if (draw.below(4) === 0) parts.push(entry("sample", "draw", made, expected, model));
  const body = draw.below(3) === 0 ? draw.shuffle(parts) : parts;
  const uses = body.join("\n");
  const head = [
    "dl 1\n",
    imports ? `import { from_file, layer_of_file as brought } from "./parts.dl"\n` : "",
    declared ? draw.pick(["dim N, T\n", "dim N, T\n", "dim N = T + 1, T = 2\n"]) : "",
    uses.includes("slow") ? "let slow = scale * tenth\nlet (tenth, scale) = (0.1, 0.2)\n" : "",
    uses.includes("rate)") || uses.includes("rate,") ? "setting rate: f32 = 1e-2 in log(1e-5, 1e-1)\n" : "",
    uses.includes("own_rule") ? ownRule : "",
    draw.below(8) === 0 ? draw.pick([asserted, draw.pick(libraryTests)]) : "",
    draw.below(8) === 0 ? twins : "",
    imports
      ? "entry brings(x: f32[2, 4]) {\n  { o0: x |> from_file |> brought?{|(5)} }\n}\n".replace(
          "?{|(5)}",
          draw.pick(["", "(3)"]),
        )
      : "",
  ];
  if (imports)
    expected.push({
      entry: "brings",
      output: "o0",
      dtype: "f32",
      dims: [
        [2, 2],
        [3, 3],
      ],
    });
  return {
    seed,
    text: [...head, ...body].filter((part) => part !== "").join("\n"),
    files: imports ? { "./parts.dl": imported } : {},
    expected,
  };
}
