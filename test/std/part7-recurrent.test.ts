import { expect, test } from "vitest";
import { graphOf, programOf, run } from "../frontend/program.ts";

/** Reproducible numbers in [-1, 1). */
const numbers = (count: number, seed = 1): number[] =>
  Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 1) * seed) % 1);

const close = (a: readonly number[] | undefined, b: readonly number[], tolerance = 1e-5): void => {
  expect(a?.length).toBe(b.length);
  a?.forEach((x, i) => expect(Math.abs(x - (b[i] ?? NaN))).toBeLessThan(tolerance));
};

test.each(["rnn", "lstm", "gru", "gru(reset_after: false)"])(
  "a sequence in two pieces returns the same as in one: %s",
  (layer) => {
    const call = layer.includes("(") ? `${layer.slice(0, -1)}, ` : `${layer}(`;
    const states = layer === "lstm" ? ["h", "c"] : ["h"];
    const model = run(`
model Net(x: f32[N, T, 3]${states.map((s) => `, ${s}: f32[N, 2]`).join("")}) = x |> ${call}hidden: 2, start: [${states.join(", ")}], return_state: true)
entry whole(x: f32[2, 5, 3]) {
  let (y, ${states.join(", ")}) = Net(x, ${states.map(() => "zeros([2, 2])").join(", ")})
  { y, ${states.join(", ")} }
}
entry pieces(x: f32[2, 5, 3]) {
  let (y1, ${states.map((s) => `${s}1`).join(", ")}) = Net(x[:, :2], ${states.map(() => "zeros([2, 2])").join(", ")})
  let (y2, ${states.join(", ")}) = Net(x[:, 2:], ${states.map((s) => `${s}1`).join(", ")})
  { y: concat(y1, y2, axis: 1), ${states.join(", ")} }
}`);
    const x = numbers(30);
    const [whole, pieces] = [model.call("whole", { x }), model.call("pieces", { x })];
    expect(Math.abs(whole["y"]?.[0] ?? 0)).toBeGreaterThan(1e-3);
    for (const name of ["y", ...states]) close(pieces[name], whole[name] ?? []);
  },
);

test("padding: results are 0, the state does not change, and padding affects no other result in either direction", () => {
  const model = run(`
model Net(x: f32[2, 4, 3], length: i32[2]) = x |> bidirectional(lstm, 2, mask: padding_mask(length, size: 4))
model Last(x: f32[2, 4, 3], length: i32[2]) = x |> gru(2, mask: padding_mask(length, size: 4), return_sequence: false, return_state: true)
entry f(x: f32[2, 4, 3], length: i32[2]) { { y: Net(x, length), h: Last(x, length) } }
entry short(x: f32[2, 2, 3]) { { y: Net(concat(x, zeros([2, 2, 3]), axis: 1), convert(full([2], 2), dtype: "i32")), h: Last(concat(x, zeros([2, 2, 3]), axis: 1), convert(full([2], 2), dtype: "i32")) } }`);
  const x = numbers(24);
  const noise = x.map((v, i) => (Math.floor(i / 3) % 4 >= 2 ? 9 : v));
  const [a, b] = [model.call("f", { x, length: [2, 2] }), model.call("f", { x: noise, length: [2, 2] })];
  expect(b).toEqual(a);
  expect(a["y"]?.slice(8, 16)).toEqual(new Array(8).fill(0));
  const pieces = model.call("short", { x: [...x.slice(0, 6), ...x.slice(12, 18)] });
  close(pieces["y"], a["y"] ?? []);
  close(pieces["h"], a["h"] ?? []);
});

test("a reversed recurrence is the recurrence of the reversed sequence, in the original order", () => {
  const model = run(`
model Net(x: f32[1, 4, 2], y: f32[1, 4, 2]) {
  let w = lstm(3)
  reverse(w(reverse(x, axes: [1])), axes: [1])
}
model Back(x: f32[1, 4, 2]) = x |> lstm(3, reverse: true)
entry f(x: f32[1, 4, 2]) { { a: Net(x, x), b: Back(x) } }`);
  for (const end of ["w", "u", "b"]) {
    const [from, to] = [...model.persistent.keys()].filter((path) => path.endsWith(`.${end}`));
    model.persistent.set(to ?? "", model.persistent.get(from ?? "") ?? new Float64Array());
  }
  const { a = [], b } = model.call("f", { x: numbers(8) });
  close(b, a);
});

test("the forget gate starts open, the other gates have zero bias", () => {
  const model = run("model Net(x: f32[1, 2, 3]) = x |> lstm(2)\nentry f(x: f32[1, 2, 3]) { Net(x) }");
  expect(model.state("Net.lstm1.b")).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
});

test("the two directions have separate params, and can be summed", () => {
  const program = programOf(
    'model Net(x: f32[1, 2, 3]) = x |> bidirectional(gru, 4, merge: "sum") |> bidirectional(gru, 4)\nentry f(x: f32[1, 2, 3]) { Net(x) }',
  );
  expect(graphOf(program, "f").outputs[0]?.value.type.shape).toEqual([1, 2, 8]);
  expect(program.persistent.filter(({ path }) => path.endsWith(".w")).map(({ path }) => path)).toEqual(
    [1, 2].flatMap((k) => ["forward", "backward"].map((way) => `Net.bidirectional${k}.${way}.w`)),
  );
});

test("CTC: greedy decoding removes blanks and repetitions", () => {
  const path = [1, 1, 0, 1, 2, 2, 0, 0, 3];
  const logits = path.flatMap((k) => [0, 1, 2, 3].map((j) => (j === k ? 1 : 0)));
  const model = run(`entry f(logits: f32[2, 9, 4], frames: i32[2]) { ctc_greedy(logits, frames) }`);
  expect(model.call("f", { logits: [...logits, ...logits], frames: [9, 5] })).toEqual({
    labels: [1, 1, 2, 3, -1, -1, -1, -1, -1, 1, 1, 2, -1, -1, -1, -1, -1, -1],
    lengths: [4, 3],
  });
});
