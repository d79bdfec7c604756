// Generates a random program and the expected types of its outputs, deterministic in the seed.
import { readdirSync, readFileSync } from "node:fs";
import { createDraw } from "../draw.ts";
import { Body } from "./body.ts";
import { named, same } from "./dims.ts";
import { entry, entryOfTwins, type Expected } from "./entry.ts";
import { grow, type Callee, type Made } from "./grow.ts";
import { layers } from "./rows-layers.ts";
import { block, signature, typeText } from "./text.ts";

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
    inner: body.scope.filter(({ text }) => text.startsWith("v")),
  });
  return `${draw.below(5) === 0 ? "// A comment.\n" : ""}${head} {\n${block([...body.lines, result.text])}}${rule}\n`;
}

const ownRule = `optimizer own_rule(lr: f32 = 1e-3)(p: f32[..S], g: f32[..S]) -> f32[..S] {
  state m: f32[..S] = zeros
  state t: f32 = 0
  t <- t + 1
  m <- lerp(g, m, 0.9)
  p - lr * m / (1 - 0.9 ^ t)
}
`;

const ownStats = `fn own_stats(x: f32[..S]) -> (mean: f32[], size: f32[]) = (mean(x), norm(x))
`;

const ownParts = `fn own_parts(x: f32[..S]) -> { doubled: f32[..S], total: f32[] } { doubled: 2 * x, total: sum(x) }
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

/** Params, states and gradients that come from outside, and a model as it was. */
const federated = `model Shared(x: f32[2, 3]) -> f32[2, 2] = x |> dense(3) |> tanh |> dense(2)

entry receive(w: Shared, x: f32[2, 3]) {
  let before = snapshot(Shared)
  let there = at(Shared, w)(x)
  Shared <- lerp(Shared, w, 0.25)
  { there, now: Shared(x), before: at(Shared, before)(x), w: snapshot(Shared) }
}

train entry send(x: f32[2, 3]) {
  let loss = mean(Shared(x) ^ 2)
  { loss, g: by_path(Shared, grad(loss, params(Shared))) }
}

train entry combine(g: params(Shared)) { update Shared with g |> adam(lr: 0.01) }
`;

export function generateProgram(seed: number): GeneratedProgram {
  const draw = createDraw(seed);
  const declared = draw.below(5) < 3;
  const imports = draw.below(6) === 0;
  const made: Made = { draw, names: { next: 1 }, declared, callees: [] };
  const parts: string[] = [];
  for (let k = draw.below(3); k > 0; k--) parts.push(declare(draw.pick(["fn", "layer"]), made) ?? "");
  const declaration = draw.below(10) < 7 ? declare("model", made) : null;
  const model = declaration === null ? null : (made.callees.at(-1) ?? null);
  const twin = model === null || draw.below(4) > 0 ? null : { ...model, name: model.name.replace("M", "Twin") };
  if (declaration !== null) parts.push(declaration);
  if (declaration !== null && model !== null && twin !== null)
    parts.push(
      draw.below(2) === 0 ? `model ${twin.name} = ${model.name}\n` : declaration.replaceAll(model.name, twin.name),
    );
  const expected: Expected[] = [];
  parts.push(entry("predict", "entry", made, expected, model));
  if (model !== null) parts.push(entry("learn", "train", made, expected, model));
  if (draw.below(4) === 0) parts.push(entry("other", "entry", made, expected, model));
  if (draw.below(4) === 0) parts.push(entry("sample", "draw", made, expected, model));
  if (model !== null && twin !== null) parts.push(entryOfTwins("both", made, expected, { model, twin }));
  const body = draw.below(3) === 0 ? draw.shuffle(parts) : parts;
  const uses = body.join("\n");
  const head = [
    "dl 1\n",
    imports ? `import { from_file, layer_of_file as brought } from "./parts.dl"\n` : "",
    declared ? draw.pick(["dim N, T\n", "dim N, T\n", "dim N = T + 1, T = 2\n"]) : "",
    uses.includes("slow") ? "let slow = scale * tenth\nlet (tenth, scale) = (0.1, 0.2)\n" : "",
    /(?<![.\w])rate\b(?!:)/.test(uses) ? "setting rate: f32 = 1e-2 in log(1e-5, 1e-1)\n" : "",
    uses.includes("own_rule") ? ownRule : "",
    uses.includes("own_stats") ? ownStats : "",
    uses.includes("own_parts") ? ownParts : "",
    draw.below(8) === 0 ? draw.pick([asserted, draw.pick(libraryTests)]) : "",
    draw.below(8) === 0 ? twins : "",
    draw.below(8) === 0 ? federated : "",
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
