import fc from "fast-check";
import { expect, test } from "vitest";
import { run } from "../frontend/program.ts";

/** Pseudorandom numbers in [-1, 1). */
function numbers(count: number, seed: number): number[] {
  let state = (seed * 2654435761 + 97) >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround(state / 2 ** 31 - 1);
  });
}

function close(actual: readonly number[] | undefined, wanted: readonly number[], digits = 4): void {
  expect(actual?.length).toBe(wanted.length);
  wanted.forEach((value, k) => expect(actual?.[k], `element ${k}`).toBeCloseTo(value, digits));
}

const item = (data: readonly number[], index: number): number => data[index] ?? Number.NaN;

test("a transposed convolution scatters each element with the kernel, for any stride, padding, dilation and groups", () => {
  const cases = fc.record({
    size: fc.integer({ min: 1, max: 5 }),
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    groups: fc.constantFrom(1, 2),
    pad: fc.integer({ min: 0, max: 1 }),
    more: fc.integer({ min: 0, max: 1 }),
    seed: fc.integer({ min: 1, max: 1000 }),
  });
  const [inputs, outputs] = [4, 2];
  fc.assert(
    fc.property(cases, ({ size, kernel, stride, dilation, groups, pad, more, seed }) => {
      const reach = (kernel - 1) * dilation + 1;
      const length = (size - 1) * stride + reach - 2 * pad + more;
      fc.pre(length >= 1 && more < stride && reach > 2 * pad);
      const perGroup = outputs / groups;
      const model = run(`
entry f(x: f32[1, ${size}, ${inputs}], w: f32[${kernel}, ${inputs}, ${perGroup}]) {
  convolve_transpose(x, w, stride: ${stride}, padding: ${pad}, output_padding: ${more}, dilation: ${dilation}, groups: ${groups})
}`);
      const [x, w] = [numbers(size * inputs, seed), numbers(kernel * inputs * perGroup, seed + 1)];
      const wanted = new Array<number>(length * outputs).fill(0);
      for (let position = 0; position < size; position++)
        for (let k = 0; k < kernel; k++)
          for (let i = 0; i < inputs; i++)
            for (let o = 0; o < perGroup; o++) {
              const to = position * stride + k * dilation - pad;
              const channel = Math.floor(i / (inputs / groups)) * perGroup + o;
              if (to >= 0 && to < length)
                wanted[to * outputs + channel] =
                  item(wanted, to * outputs + channel) +
                  item(x, position * inputs + i) * item(w, (k * inputs + i) * perGroup + o);
            }
      close(model.call("f", { x, w }).result, wanted);
    }),
    { numRuns: 25, seed: 3 },
  );
});

test("paddings: numbers for both sides, pairs, and `same`, which returns ceil(size / stride) elements", () => {
  const model = run(`
model Line(x: f32[1, 7, 1]) = x |> conv(1, kernel: 3, stride: 2, padding: "same", init: ones)
model Both(x: f32[1, 7, 1]) = x |> conv(1, kernel: 3, stride: 2, padding: 1, init: ones)
model Pair(x: f32[1, 7, 1]) = x |> conv(1, kernel: 3, padding: [[2, 0]], init: ones)
model Wide(x: f32[1, 7, 1]) = x |> conv_transpose(1, kernel: 3, stride: 2, padding: "same", init: ones)
model Sparse(x: f32[1, 7, 1]) = x |> conv_transpose(1, kernel: 1, stride: 3, padding: "same", init: ones)
entry f(x: f32[1, 7, 1]) {
  { same: Line(x), both: Both(x), pair: Pair(x), wide: Wide(x), sparse: Sparse(x), pool: max_pool(x, 3, stride: 2, padding: 1), mean: avg_pool(x, 3, stride: 2, padding: 1) }
}`);
  const out = model.call("f", { x: [-1, -2, -3, -4, -5, -6, -7] });
  close(out.same, [-3, -9, -15, -13]);
  close(out.both, [-3, -9, -15, -13]);
  close(out.pair, [-1, -3, -6, -9, -12, -15, -18]);
  // Element x_i reaches 2 i .. 2 i + 2 of 15; "same" keeps the first 14.
  close(out.wide, [-1, -1, -3, -2, -5, -3, -7, -4, -9, -5, -11, -6, -13, -7]);
  close(out.sparse, [-1, 0, 0, -2, 0, 0, -3, 0, 0, -4, 0, 0, -5, 0, 0, -6, 0, 0, -7, 0, 0]);
  close(out.pool, [-1, -2, -4, -6]);
  close(out.mean, [-1.5, -3, -5, -6.5]);
});

test("resizing an axis whose index times size is no i32", () => {
  const [old, size] = [46_000, 47_000];
  const model = run(`
entry f(x: f32[1, ${old}, 1]) { { near: resize(x, ${size}, mode: "nearest"), linear: resize(x, ${size}) } }`);
  const x = Array.from({ length: old }, (_, i) => i % 1000);
  const out = model.call("f", { x });
  const places = Array.from({ length: size }, (_, i) => ((2 * i + 1) * old - size) / (2 * size));
  expect(out.near).toEqual(places.map((_, i) => x[Math.floor((i * old) / size)]));
  close(
    out.linear,
    places.map((place) => {
      const [lo, t] = [Math.max(Math.floor(place), 0), Math.max(place, 0) % 1];
      return item(x, lo) * (1 - t) + item(x, Math.min(lo + 1, old - 1)) * t;
    }),
  );
});

test("a depthwise convolution keeps channels separate, with `multiplier` adjacent results of each", () => {
  const model = run(`
model Net(x: f32[1, 3, 2]) = x |> depthwise_conv(2, multiplier: 2, bias: false)
entry f(x: f32[1, 3, 2]) { Net(x) }`);
  model.persistent.set("Net.depthwise_conv1.w", Float64Array.from([1, 10, 100, 1000, 2, 20, 200, 2000]));
  close(model.call("f", { x: [1, 2, 3, 4, 5, 6] }).result, [7, 70, 1000, 10000, 13, 130, 1600, 16000]);
});

test("resizing: nearest and linear, to larger and smaller sizes, along one axis and two", () => {
  const sizes = fc.integer({ min: 1, max: 7 });
  fc.assert(
    fc.property(sizes, sizes, sizes, sizes, fc.integer({ min: 1, max: 99 }), (h, w, newH, newW, seed) => {
      const model = run(`
entry f(x: f32[1, ${h}, ${w}, 1]) { { near: resize(x, [${newH}, ${newW}], mode: "nearest"), linear: resize(x, [${newH}, ${newW}]) } }`);
      const x = numbers(h * w, seed);
      const at = (row: number, column: number): number => item(x, row * w + column);
      const cut = (position: number, size: number): { lo: number; hi: number; t: number } => {
        const inside = Math.min(Math.max(position, 0), size - 1);
        const lo = Math.floor(inside);
        return { lo, hi: Math.min(lo + 1, size - 1), t: inside - lo };
      };
      const near: number[] = [];
      const linear: number[] = [];
      for (let r = 0; r < newH; r++)
        for (let c = 0; c < newW; c++) {
          near.push(at(Math.floor((r * h) / newH), Math.floor((c * w) / newW)));
          const [y, z] = [cut(((r + 0.5) * h) / newH - 0.5, h), cut(((c + 0.5) * w) / newW - 0.5, w)];
          const top = at(y.lo, z.lo) * (1 - z.t) + at(y.lo, z.hi) * z.t;
          const bottom = at(y.hi, z.lo) * (1 - z.t) + at(y.hi, z.hi) * z.t;
          linear.push(top * (1 - y.t) + bottom * y.t);
        }
      const out = model.call("f", { x });
      close(out.near, near);
      close(out.linear, linear);
    }),
    { numRuns: 20, seed: 5 },
  );
});

test("upsampling repeats pixels", () => {
  const model = run("entry f(x: f32[1, 1, 2, 1]) { { both: upsample(x), wide: upsample(x, [1, 3]) } }");
  const out = model.call("f", { x: [1, 2] });
  expect(out.both).toEqual([1, 1, 2, 2, 1, 1, 2, 2]);
  expect(out.wide).toEqual([1, 1, 1, 2, 2, 2]);
});

const [images, height, width, channels] = [2, 5, 6, 2];

/** Boxes with corners inside, outside and across the border, some of them empty. */
const boxes = [
  [0, 0, 11, 9],
  [2.5, 1, 7.25, 8],
  [-3, -2, 4, 3],
  [8, 7, 14, 12],
  [4, 4, 4, 4],
];

const regions = `
entry f(x: f32[${images}, ${height}, ${width}, ${channels}], box: f32[5, 4], image: i32[5]) {
  { align: roi_align(x, box, image, size: [2, 3], scale: 0.5), pool: roi_pool(x, box, image, size: [3, 2], scale: 0.5) }
}`;

function features(): { x: number[]; at: (image: number, row: number, column: number, channel: number) => number } {
  const x = numbers(images * height * width * channels, 11);
  return {
    x,
    at: (image, row, column, channel) => item(x, ((image * height + row) * width + column) * channels + channel),
  };
}

test("ROI align: means of bilinear samples, 0 outside of the image", () => {
  const { x, at } = features();
  const image = [0, 1, 1, 0, 1];
  const wanted = boxes.flatMap(([x1 = 0, y1 = 0, x2 = 0, y2 = 0], r) => {
    const sample = (row: number, column: number, channel: number): number => {
      if (row < -1 || row > height || column < -1 || column > width) return 0;
      const [y, z] = [Math.min(Math.max(row, 0), height - 1), Math.min(Math.max(column, 0), width - 1)];
      const [top, left] = [Math.floor(y), Math.floor(z)];
      const [bottom, right] = [Math.min(top + 1, height - 1), Math.min(left + 1, width - 1)];
      const [u, v] = [y - top, z - left];
      const pixel = (a: number, b: number): number => at(image[r] ?? 0, a, b, channel);
      return (
        (1 - u) * ((1 - v) * pixel(top, left) + v * pixel(top, right)) +
        u * ((1 - v) * pixel(bottom, left) + v * pixel(bottom, right))
      );
    };
    const [top, left, tall, wide] = [y1 / 2 - 0.5, x1 / 2 - 0.5, (y2 - y1) / 2, (x2 - x1) / 2];
    const result: number[] = [];
    for (let p = 0; p < 2; p++)
      for (let q = 0; q < 3; q++)
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (let i = 0; i < 2; i++)
            for (let j = 0; j < 2; j++)
              sum += sample(top + ((2 * p + i + 0.5) * tall) / 4, left + ((2 * q + j + 0.5) * wide) / 6, c);
          result.push(sum / 4);
        }
    return result;
  });
  close(run(regions).call("f", { x, box: boxes.flat(), image }).align, wanted);
});

test("ROI pooling: the maximum of each bin, 0 if it is empty", () => {
  const { x, at } = features();
  const image = [0, 1, 1, 0, 1];
  const wanted = boxes.flatMap(([x1 = 0, y1 = 0, x2 = 0, y2 = 0], r) => {
    const [left, top, right, bottom] = [x1, y1, x2, y2].map((v) => Math.floor(v / 2 + 0.5)) as [
      number,
      number,
      number,
      number,
    ];
    const [tall, wide] = [Math.max(bottom - top + 1, 1) / 3, Math.max(right - left + 1, 1) / 2];
    const result: number[] = [];
    for (let p = 0; p < 3; p++)
      for (let q = 0; q < 2; q++)
        for (let c = 0; c < channels; c++) {
          const seen: number[] = [];
          for (let row = 0; row < height; row++)
            for (let column = 0; column < width; column++)
              if (
                row >= Math.floor(p * tall) + top &&
                row < Math.ceil((p + 1) * tall) + top &&
                column >= Math.floor(q * wide) + left &&
                column < Math.ceil((q + 1) * wide) + left
              )
                seen.push(at(image[r] ?? 0, row, column, c));
          result.push(seen.length === 0 ? 0 : Math.max(...seen));
        }
    return result;
  });
  close(run(regions).call("f", { x, box: boxes.flat(), image }).pool, wanted);
});
