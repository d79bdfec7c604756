import type { SlotType } from "../../../runtime/model.ts";
import { context2d, element } from "./dom.ts";
import { countOf, imageSize, sampleOf, type ViewKind } from "./kinds.ts";
import { classColor, classMap, pixelsOfValues, shownRange } from "./pixels.ts";
import { barsOf, showNumber, textOf } from "./text.ts";

export interface Shown {
  readonly name: string;
  readonly slot: SlotType;
  readonly data: ArrayLike<number>;
  readonly labels: readonly string[];
  readonly batchDim: string | null;
}

const mostImages = 16;
const [mostRows, mostColumns] = [12, 12];

/** An output as a user reads it. */
export function viewOf(kind: ViewKind, shown: Shown): HTMLElement {
  const { shape, batch } = sampleOf(shown.slot, shown.batchDim);
  const count = countOf(shape);
  const first = Array.from({ length: count }, (_, i) => shown.data[i] ?? 0);
  const of = (text: HTMLElement): HTMLElement =>
    batch > 1 ? element("div", {}, text, element("p", { class: "note" }, `the first of ${batch} samples`)) : text;
  switch (kind) {
    case "number":
      return batch > 1
        ? table({ ...shown, slot: { ...shown.slot, shape: [batch] } })
        : element("p", { class: "number" }, numberText(first[0] ?? 0, shown));
    case "bars":
      return of(bars(first, shown));
    case "image":
      return images(shown, count, Math.min(batch, mostImages));
    case "classes":
      return of(classes(first, shape, shown));
    case "ids":
      return of(element("p", { class: "ids" }, textOf(first, shown.labels) ?? first.join(" ")));
    case "table":
      return table(shown);
  }
}

/** A single index has the name of its class. */
const numberText = (value: number, { slot, labels }: Shown): string =>
  slot.dtype === "bool"
    ? value === 0
      ? "no"
      : "yes"
    : slot.dtype === "i32"
      ? (labels[value] ?? String(value))
      : showNumber(value);

function bars(values: readonly number[], { name, labels }: Shown): HTMLElement {
  const rows = barsOf(values, labels);
  const best = values.indexOf(values.reduce((a, b) => Math.max(a, b), -Infinity));
  const body = rows.map((row) => {
    const bar = element("div", { class: row.negative ? "bar negative" : "bar" });
    bar.style.width = `${(100 * Math.min(1, row.share)).toFixed(2)}%`;
    return element(
      "tr",
      { class: row.index === best ? "best" : "" },
      element("th", { scope: "row" }, row.name),
      element("td", { class: "track", "aria-hidden": "true" }, bar),
      element("td", { class: "value" }, row.text),
    );
  });
  const others = values.length - rows.length;
  const list = element("table", { class: "bars", "aria-label": name }, element("tbody", {}, ...body));
  return others === 0
    ? list
    : element("div", {}, list, element("p", { class: "note" }, `the largest of ${values.length}`));
}

function images(shown: Shown, count: number, samples: number): HTMLElement {
  const { name, slot, data, batchDim } = shown;
  const size = imageSize(sampleOf(slot, batchDim).shape);
  if (size === null) return table(shown);
  const values = Array.from({ length: count * samples }, (_, i) => data[i] ?? 0);
  const range = shownRange(values);
  const drawn = Array.from({ length: samples }, (_, i) =>
    picture(pixelsOfValues(values.slice(i * count, (i + 1) * count), size, range), size.width, size.height, name),
  );
  return element(
    "div",
    {},
    element("div", { class: "images" }, ...drawn),
    element(
      "p",
      { class: "note" },
      `${size.width} × ${size.height}, black is ${showNumber(range[0])} and white ${showNumber(range[1])}`,
    ),
  );
}

function picture(rgba: Uint8ClampedArray<ArrayBuffer>, width: number, height: number, name: string): HTMLElement {
  const canvas = element("canvas", {
    width: String(width),
    height: String(height),
    role: "img",
    class: "picture",
    "aria-label": `${name}, an image of ${width} by ${height}`,
  });
  context2d(canvas).putImageData(new ImageData(rgba, width, height), 0, 0);
  return canvas;
}

/** The values are classes, or weights of the classes in the last axis. */
function classes(values: readonly number[], shape: readonly number[], { name, labels }: Shown): HTMLElement {
  const [height = 1, width = 1] = shape;
  const map = shape.length === 2 ? values : [...classMap(values, height * width)];
  const rgba = new Uint8ClampedArray(4 * map.length);
  map.forEach((index, i) => rgba.set([...classColor(index), 255], 4 * i));
  const present = [...new Set(map)].sort((a, b) => a - b);
  const legend = present.map((index) => {
    const swatch = element("span", { class: "swatch", "aria-hidden": "true" });
    swatch.style.background = `rgb(${classColor(index).join(" ")})`;
    const share = map.filter((each) => each === index).length / map.length;
    return element("li", {}, swatch, `${labels[index] ?? `class ${index}`} ${(100 * share).toFixed(1)} %`);
  });
  return element(
    "div",
    {},
    element("div", { class: "images" }, picture(rgba, width, height, `${name}, the class of each pixel`)),
    element("ul", { class: "legend" }, ...legend),
  );
}

/** The leading axes are rows, the last axis columns. */
function table({ name, slot, data }: Shown): HTMLElement {
  const columns = slot.shape.at(-1) ?? 1;
  const rows = Math.max(1, Math.floor(data.length / Math.max(1, columns)));
  const shownColumns = Math.min(columns, mostColumns);
  const body = Array.from({ length: Math.min(rows, mostRows) }, (_, y) =>
    element(
      "tr",
      {},
      ...(rows > 1 ? [element("th", { scope: "row" }, String(y))] : []),
      ...Array.from({ length: shownColumns }, (_unused, x) =>
        element("td", {}, showNumber(data[y * columns + x] ?? 0)),
      ),
      ...(columns > shownColumns ? [element("td", { class: "quiet" }, "…")] : []),
    ),
  );
  const cut = rows > mostRows || columns > shownColumns;
  return element(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": name },
    element("table", { class: "numbers" }, element("tbody", {}, ...body)),
    ...(cut ? [element("p", { class: "note" }, `the beginning of [${slot.shape.join(", ")}]`)] : []),
  );
}
