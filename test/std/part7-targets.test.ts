import { expect, test } from "vitest";
import { createResolver } from "../../cli/host/resolver.ts";
import { compileModule } from "../../compiler/index.ts";
import { createSession, type Session } from "../../runtime/session.ts";

const text = `dl 1
model Net(x: f32[2, 5, 3], length: i32[2]) {
  let seen = padding_mask(length, size: 5)
  x |> bidirectional(lstm, 4, mask: seen) |> gru(3, mask: seen, reset_after: false) |> rnn(2)
}
train entry recur(x: f32[2, 5, 3], length: i32[2]) {
  let y = Net(x, length)
  let loss = sum(y * y)
  { y, dx: grad(loss, x), dw: grad(loss, params(Net)) }
}
entry signals(wave: f32[2, 64], query: f32[3, 2], points: f32[7, 2], value: f32[7]) {
  let centers = points[:3]
  let cluster = kmeans_assign(points, centers)
  {
    mel: log_mel(wave, rate: 16, size: 16, hop: 8, mels: 4),
    regression: locally_weighted_regression(query, points, value, width: 2, ridge: 0.1),
    far: pairwise_distances(points, query),
    cluster,
    centers: kmeans_update(points, centers, cluster),
    greedy: ctc_greedy(reshape(wave, [2, 16, 4]), convert(full([2], 13), dtype: "i32")),
  }
}
train entry augment(x: f32[4, 6, 5, 3], t: f32[4, 2]) {
  let y = x
    |> random_flip
    |> random_crop(size: [5, 5], padding: 1)
    |> random_affine(rotation: 0.5, scale: 0.1, shear: 0.1, translation: 0.1)
    |> gaussian_noise(0.1)
    |> random_blur
    |> color_jitter(brightness: 0.2, contrast: 0.2, saturation: 0.2, hue: 0.1)
    |> cutout(2, p: 0.5)
  let (mixed, shares) = mixup(y, t)
  let (cut, pieces) = cutmix(y, t)
  { y, mixed, shares, cut, pieces }
}`;

const inputs = {
  recur: { x: waves(30), length: Int32Array.of(3, 5) },
  signals: { wave: waves(128), query: waves(6), points: waves(14, 3), value: waves(7) },
  augment: { x: waves(360), t: Float32Array.of(1, 0, 0, 1, 1, 0, 0, 1) },
};

function waves(count: number, factor = 1): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => factor * Math.sin(12.9898 * (i + 1) ** 2));
}

test("recurrence, signals and augmentation: WebAssembly and JavaScript agree with the reference", async () => {
  const module = compileModule({ name: "part7.dl", text }, { resolve: createResolver(null) });
  const session = async (target: "wasm" | "js" | "reference"): Promise<Session> =>
    createSession(module.plan, await module.code(target), { seed: 7 });
  const [reference, ...others] = [await session("reference"), await session("wasm"), await session("js")];
  let compared = 0;
  for (const other of others) {
    for (const [entry, data] of Object.entries(inputs)) {
      const before = reference.snapshot();
      other.restore(before);
      const [expected, actual] = [reference.run(entry, data), other.run(entry, data)];
      reference.restore(before);
      for (const [name, { data: wanted }] of Object.entries(expected)) {
        const found = [...(actual[name]?.data ?? [])];
        const worst = Math.max(
          ...[...wanted].map((x, i) => Math.abs(x - (found[i] ?? NaN)) / Math.max(1, Math.abs(x))),
        );
        expect(worst, `${entry}.${name}`).toBeLessThanOrEqual(1e-4);
        compared++;
      }
    }
  }
  expect(compared).toBeGreaterThan(40);
});
