// Between the pixels of a canvas and the values of a tensor.
import type { ImageSize } from "./kinds.ts";

export type PixelRange = "0 to 1" | "0 to 255" | "-1 to 1";
export const pixelRanges: readonly PixelRange[] = ["0 to 1", "0 to 255", "-1 to 1"];

/** `share` is from 0 to 1. */
const inRange = (share: number, range: PixelRange): number =>
  range === "0 to 1" ? share : range === "-1 to 1" ? 2 * share - 1 : 255 * share;

/** The pixels of a canvas of `scale` times the size, each value the mean of a square of them. */
export function valuesOfPixels(
  rgba: ArrayLike<number>,
  { height, width, channels }: ImageSize,
  scale: number,
  { range, invert }: { readonly range: PixelRange; readonly invert: boolean },
): Float32Array<ArrayBuffer> {
  const values = new Float32Array(height * width * channels);
  const row = width * scale;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let dy = 0; dy < scale; dy++)
          for (let dx = 0; dx < scale; dx++) {
            const at = 4 * ((y * scale + dy) * row + x * scale + dx);
            sum += channels === 1 ? luma(rgba, at) : (rgba[at + c] ?? 0);
          }
        const share = sum / (255 * scale * scale);
        values[(y * width + x) * channels + c] = inRange(invert ? 1 - share : share, range);
      }
  return values;
}

/** ITU-R BT.601, as of most image libraries. */
const luma = (rgba: ArrayLike<number>, at: number): number =>
  0.299 * (rgba[at] ?? 0) + 0.587 * (rgba[at + 1] ?? 0) + 0.114 * (rgba[at + 2] ?? 0);

/** The values that are black and white. */
export function shownRange(values: ArrayLike<number>): readonly [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i] ?? 0);
    high = Math.max(high, values[i] ?? 0);
  }
  if (low >= 0 && high <= 1.001) return [0, 1];
  if (low >= 0 && high <= 255 && high > 16) return [0, 255];
  if (low >= -1.001 && high <= 1.001) return [-1, 1];
  return high > low ? [low, high] : [low, low + 1];
}

/** The pixels of an image, with values between the two of the range. */
export function pixelsOfValues(
  values: ArrayLike<number>,
  { height, width, channels }: ImageSize,
  [low, high]: readonly [number, number],
): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(4 * height * width);
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) {
      const value = values[i * channels + (channels === 3 ? c : 0)] ?? 0;
      rgba[4 * i + c] = (255 * (value - low)) / (high - low);
    }
    rgba[4 * i + 3] = 255;
  }
  return rgba;
}

/** The class of most weight at each pixel of [height, width, classes]. */
export function classMap(values: ArrayLike<number>, pixels: number): Uint8Array<ArrayBuffer> {
  const classes = values.length / pixels;
  return Uint8Array.from({ length: pixels }, (_, i) => {
    let best = 0;
    for (let c = 1; c < classes; c++) if ((values[i * classes + c] ?? 0) > (values[i * classes + best] ?? 0)) best = c;
    return best;
  });
}

/** Colours of classes that are told apart on light and dark pages: the first is that of the background. */
export function classColor(index: number): readonly [number, number, number] {
  if (index === 0) return [28, 33, 48];
  // Hues at the golden angle, so that neighbours differ most.
  const hue = ((index * 137.508 + 60) % 360) / 60;
  const other = 1 - Math.abs((hue % 2) - 1);
  const sectors = [
    [1, other, 0],
    [other, 1, 0],
    [0, 1, other],
    [0, other, 1],
    [other, 0, 1],
    [1, 0, other],
  ];
  const [r = 0, g = 0, b = 0] = sectors[Math.floor(hue)] ?? [];
  return [70 + 170 * r, 70 + 170 * g, 70 + 170 * b];
}

/** Where a picture lies on a canvas that it covers: its middle, cut to the shape of the canvas. */
export function coveredPart(
  [pictureWidth, pictureHeight]: readonly [number, number],
  [width, height]: readonly [number, number],
): readonly [x: number, y: number, width: number, height: number] {
  const scale = Math.min(pictureWidth / width, pictureHeight / height);
  const [w, h] = [width * scale, height * scale];
  return [(pictureWidth - w) / 2, (pictureHeight - h) / 2, w, h];
}
