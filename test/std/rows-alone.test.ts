// A row of a sequence model has the bits that it has alone: they do not depend on the rows beside it, on the rows after
// it, or on a cache whose end is not filled yet.
import { expect, test } from "vitest";
import { createResolver } from "../../cli/host/resolver.ts";
import { compileModule } from "../../compiler/index.ts";
import { createSession, type Session } from "../../runtime/session.ts";

type Dims = Readonly<Record<string, number>>;

async function strict(text: string, variants: readonly Dims[]): Promise<Session> {
  const module = compileModule({ name: "rows.dl", text }, { variants, resolve: createResolver(null) });
  return createSession(module.plan, await module.code("wasm"), { seed: 3, mode: "strict" });
}

const width = 32;
const numbers = (count: number, salt: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(salt + i * 12.9898) * 2);
const rows = (x: Float32Array, from: number, to: number): Float32Array => x.slice(from * width, to * width);
const shaped = (data: Float32Array) => ({ data, shape: [1, data.length / width, width] });
const output = (session: Session, entry: string, inputs: Parameters<Session["run"]>[1]): Float32Array =>
  Float32Array.from(session.run(entry, inputs)["y"]?.data ?? []);

test("attention of a few queries over a cache has the bits of the whole sequence", async () => {
  const length = 40;
  const text = `dl 1

entry whole(q: f32[1, T, ${width}], k: f32[1, T, ${width}], v: f32[1, T, ${width}]) {
  { y: dot_product_attention(q, k, v, causal: true) }
}

entry decode(p: f32[1, R, ${width}], k: f32[1, T, ${width}], v: f32[1, T, ${width}], seen: bool[R, T]) {
  { y: dot_product_attention(p, k, v, mask: [seen]) }
}
`;
  const [q, k, v] = [1, 2, 3].map((salt) => numbers(length * width, salt)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  for (const count of [1, 2, 3, 4, 8, 16]) {
    const session = await strict(text, [{ T: length, R: count }]);
    const whole = output(session, "whole", { q: shaped(q), k: shaped(k), v: shaped(v) });
    for (let first = 0; first + count <= length; first += 3) {
      const end = first + count;
      const filled = (x: Float32Array) => shaped(x.map((value, i) => (i < end * width ? value : 0)));
      const seen = Uint8Array.from({ length: count * length }, (_, i) =>
        i % length <= first + Math.floor(i / length) ? 1 : 0,
      );
      const y = output(session, "decode", {
        p: shaped(rows(q, first, end)),
        k: filled(k),
        v: filled(v),
        seen: { data: seen, shape: [count, length] },
      });
      expect(y, `rows ${first} to ${end}`).toEqual(rows(whole, first, end));
    }
  }
});

test("the first rows of a causal block do not depend on the length of the sequence", async () => {
  const lengths = [1, 2, 3, 7, 33, 65];
  const longest = 70;
  const session = await strict(
    `dl 1

model Net(x: f32[1, T, ${width}]) -> f32[1, T, ${width}] =
  x |> transformer_encoder(heads: 4, causal: true) |> layer_norm

entry f(x: f32[1, T, ${width}]) { { y: Net(x) } }
`,
    [...lengths, longest].map((T) => ({ T })),
  );
  const x = numbers(longest * width, 4);
  const whole = output(session, "f", { x: shaped(x) });
  for (const length of lengths)
    expect(output(session, "f", { x: shaped(rows(x, 0, length)) }), `length ${length}`).toEqual(rows(whole, 0, length));
});

test.each(["strict", "fast"] as const)("a row of a product has the same bits beside any others: %s", async (mode) => {
  const counts = [1, 2, 3, 5, 8, 33];
  for (const [inner, columns] of [
    [1300, 1],
    [300, 70],
  ] as const) {
    const text = `dl 1\n\nentry f(x: f32[N, ${inner}], w: f32[${inner}, ${columns}]) { { y: x @ w } }\n`;
    const module = compileModule(
      { name: "rows.dl", text },
      { variants: counts.map((N) => ({ N })), mode, resolve: createResolver(null) },
    );
    const session = await createSession(module.plan, await module.code("wasm"), { mode });
    const w = numbers(inner * columns, 5);
    const row = (count: number): Float32Array =>
      output(session, "f", { x: { data: numbers(count * inner, 6), shape: [count, inner] }, w }).slice(0, columns);
    for (const count of counts) expect(row(count), `${count} rows`).toEqual(row(1));
  }
});
