// A wrong argument of a library layer is reported at the user's call, in terms of the layer that was called: its name
// or its parameters.
import { expect, test } from "vitest";
import { preludeFiles } from "../../compiler/frontend/prelude.ts";
import { outline } from "../../dsl/outline.ts";
import { renderDiagnostic } from "../../dsl/render.ts";
import { elaborateText, library } from "../frontend/program.ts";

const image = "f32[2, 8, 8, 4]";
const sequence = "f32[2, 6, 8]";
const rows = "f32[4, 8]";

/** Calls whose numbers are replaced one by one. */
const calls: readonly (readonly [call: string, input: string])[] = [
  ["conv(4, kernel: 3, stride: 1, padding: 1, dilation: 1, groups: 2)", image],
  ["depthwise_conv(3, stride: 1, padding: 1, dilation: 1, multiplier: 2)", image],
  ["separable_conv(4, kernel: 3, stride: 1, padding: 1, dilation: 1)", image],
  ["conv_transpose(4, kernel: 3, stride: 2, padding: 1, output_padding: 1, dilation: 1, groups: 2)", image],
  ["max_pool(2, stride: 2, padding: 1)", image],
  ["avg_pool(2, stride: 2, padding: 1)", image],
  ["adaptive_avg_pool(2)", image],
  ["upsample(2)", image],
  ["resize([4, 4])", image],
  ["group_norm(2)", image],
  ["residual_block(4, stride: 1)", image],
  ["squeeze_excite(ratio: 2)", image],
  ["dense(3)", rows],
  ["dropout(0.5)", rows],
  ["softmax(axis: 1)", rows],
  ["mean(axis: 1)", rows],
  ["top_k(2)", rows],
  ["one_hot(3)", "i32[4]"],
  ["embedding(10, 3)", "i32[4]"],
  ["lstm(3)", sequence],
  ["gru(3)", sequence],
  ["multi_head_attention(2)", sequence],
  ["transformer_encoder(2, hidden: 4, dropout: 0.1)", sequence],
];

/** The parameters of each declaration of the library. */
const parameters: ReadonlyMap<string, readonly string[]> = new Map(
  preludeFiles.flatMap((file) =>
    outline(library(file)).map(({ name, declaration }) => {
      const { statics, params } = declaration();
      return [name, [...statics, ...params].map((p) => p.name.text)] as const;
    }),
  ),
);

const wrong = ["0", "-1", "3", "99", "0.3", "1.5", '"zz"', "rate", "[1, 2, 3]"];

test.each(calls)("%s", (call, input) => {
  const numbers = [...call.matchAll(/-?\b\d+(?:\.\d+)?\b/g)];
  const name = call.slice(0, call.indexOf("("));
  const known = [name, ...(parameters.get(name) ?? [])];
  for (const { 0: number, index } of numbers)
    for (const other of wrong) {
      const text = call.slice(0, index) + other + call.slice(index + number.length);
      const program = `setting rate: f32 = 0.5\ntrain entry f(x: ${input}) { x |> ${text} }`;
      const { diagnostics } = elaborateText(program);
      const shown = `${text}\n${diagnostics.map((d) => renderDiagnostic(d, { color: false })).join("\n")}`;
      expect(diagnostics.length, shown).toBeLessThanOrEqual(1);
      for (const { says, at, also = [] } of diagnostics) {
        expect(
          [at, ...also].map((label) => label?.span.source.text),
          shown,
        ).toEqual([at, ...also].map(() => program));
        const named = [...says.matchAll(/`([^`]+)`/g)].flatMap(([, name = ""]) => name.match(/\w+/g) ?? []);
        expect(
          named.some((name) => known.includes(name)),
          shown,
        ).toBe(true);
      }
    }
});
