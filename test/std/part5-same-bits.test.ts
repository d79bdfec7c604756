import { expect, test } from "vitest";
import { createResolver } from "../../cli/host/resolver.ts";
import { compileModule, type Mode, type Target } from "../../compiler/index.ts";
import { present } from "../../compiler/support/invariant.ts";
import type { Code } from "../../runtime/plan.ts";
import { createSession, type Session } from "../../runtime/session.ts";
import { library } from "../frontend/program.ts";

const platforms: readonly (readonly [Target, Mode])[] = [
  ["wasm", "fast"],
  ["wasm", "strict"],
  ["js", "strict"],
  ["reference", "strict"],
];

/** The program on every target and in every mode, from one seed. */
const sessions = async (text: string): Promise<Session[]> => {
  const module = compileModule({ name: "bits.dl", text }, { dims: { N: 2 }, resolve: createResolver(null) });
  const codes = new Map<Target, Code>();
  for (const [target] of platforms) if (!codes.has(target)) codes.set(target, await module.code(target));
  return Promise.all(
    platforms.map(async ([target, mode]) =>
      createSession(module.plan, present(codes.get(target), target), { seed: 5, mode }),
    ),
  );
};

const bits = (data: ArrayBufferView): string =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex");

const initializers = (/export \{([^}]*)\}/.exec(library("std/init.dl").text)?.[1] ?? "").match(/\w+/g) ?? [];
const argument: Readonly<Record<string, string>> = { full: "(value: 0.1)", constant: "(0.1)", bernoulli: "(p: 0.3)" };

test("every initializer and an LSTM have the same bits on every target and in every mode", async () => {
  const params = initializers
    .filter((name) => name !== "bernoulli" && name !== "identity")
    .map((name) => `  param from_${name}: f32[9, 23] = ${name}${argument[name] ?? ""}`);
  expect(params.length).toBeGreaterThan(10);
  const [first, ...others] = await sessions(`
model Net(x: f32[N, 4, 9]) {
${params.join("\n")}
  param tall: f32[3, 3, 7, 9] = orthogonal(gain: 1.5)
  param same: f32[5, 5] = identity
  x |> lstm(9)
}
entry f(x: f32[N, 4, 9]) {
  Net(x)
}`);
  for (const [path, { data }] of present(first, "no session").state)
    others.forEach((other, k) =>
      expect(bits(present(other.state.get(path), path).data), `${path}, ${platforms[k + 1]?.join()}`).toBe(bits(data)),
    );
  const orthogonal = present(first?.state.get("Net.tall"), "Net.tall").data;
  expect(new Set(orthogonal).size).toBeGreaterThan(500);
});

test("random draws in entries and dropout have the same bits in every mode", async () => {
  const [first, ...others] = await sessions(`
model Net(x: f32[N, 50]) = x |> dropout(0.3)
train entry draw(x: f32[N, 50]) {
  let turned = scan xt in x along 1 carry h = zeros([N]) {
    next h = h + uniform([N])
    yield bernoulli([N], p: 0.5)
  }
  {
    mask: Net(x),
    normal: normal([7, 9], mean: 0.1, std: 0.3),
    uniform: uniform([7, 9], lo: -0.1, hi: 0.7),
    truncated: truncated_normal([7, 9], std: 0.3),
    chosen: bernoulli([7, 9], p: 0.3),
    turned,
  }
}`);
  const x = Float32Array.from({ length: 100 }, (_, k) => Math.sin(k));
  for (let call = 0; call < 3; call++) {
    const wanted = present(first, "no session").run("draw", { x });
    others.forEach((other, k) => {
      const found = other.run("draw", { x });
      // The reference rounds the functions in these two from f64.
      const rounded = platforms[k + 1]?.[0] === "reference" ? ["normal", "truncated"] : [];
      for (const [name, { data }] of Object.entries(wanted))
        if (!rounded.includes(name))
          expect(bits(present(found[name], name).data), `${name}, ${platforms[k + 1]?.join()}`).toBe(bits(data));
    });
  }
});
