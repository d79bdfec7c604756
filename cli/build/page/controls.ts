import { readNpy } from "../../../compiler/formats/npy.ts";
import { button, element, menu } from "./dom.ts";
import type { Control, ControlOptions } from "./control.ts";
import { imageControl } from "./draw.ts";
import { countOf, imageSize, type InputKind } from "./kinds.ts";
import { counted, fitted, idsOf, pastedNumbers, showNumber, textOf, type Padding, type Read } from "./text.ts";

export function controlOf(kind: InputKind, options: ControlOptions): Control {
  const size = imageSize(options.shape);
  switch (kind) {
    case "image":
      return size === null ? pasteControl(options) : imageControl(options, size);
    case "numbers":
      return options.slot.dtype === "bool" ? checksControl(options) : numbersControl(options);
    case "ids":
      return idsControl(options);
    case "paste":
      return pasteControl(options);
  }
}

const isFloat = ({ slot }: ControlOptions): boolean => slot.dtype === "f32" || slot.dtype === "f64";

/** Of the standard normal distribution, by Box and Muller. */
const normal = (): number => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());

/** `[0, 2]`, the position of the element with this index. */
function positionOf(index: number, shape: readonly number[]): string {
  let rest = index;
  const position = shape.toReversed().map((size) => {
    const at = rest % size;
    rest = Math.floor(rest / size);
    return at;
  });
  return `[${position.toReversed().join(", ")}]`;
}

function numbersControl(options: ControlOptions): Control {
  const { name, shape, changed } = options;
  const count = countOf(shape);
  const fields = Array.from({ length: count }, (_, i) => {
    const label = count === 1 ? name : `${name}${positionOf(i, shape)}`;
    return element("input", {
      type: "number",
      step: isFloat(options) ? "any" : "1",
      value: "0",
      inputmode: isFloat(options) ? "decimal" : "numeric",
      "aria-label": label,
      input: changed,
    });
  });
  const show = (values: ArrayLike<number>): void =>
    fields.forEach((field, i) => (field.value = String(Number((values[i] ?? 0).toPrecision(7)))));
  const fill = (next: () => number) => () => {
    show(Array.from({ length: count }, next));
    changed();
  };
  const cells = fields.map((field, i) =>
    element("label", { class: "cell" }, element("span", {}, count === 1 ? "" : positionOf(i, shape)), field),
  );
  const tools = element(
    "div",
    { class: "tools" },
    button(
      "Zeros",
      fill(() => 0),
    ),
    ...(isFloat(options)
      ? [
          button(
            "Random",
            fill(() => Number(normal().toFixed(3))),
          ),
        ]
      : []),
  );
  return {
    element: element("div", {}, element("div", { class: "fields" }, ...cells), ...(count > 1 ? [tools] : [])),
    values: () => fields.map(({ value }) => Number(value)),
    show,
  };
}

function checksControl({ name, shape, changed }: ControlOptions): Control {
  const boxes = Array.from({ length: countOf(shape) }, () => element("input", { type: "checkbox", change: changed }));
  const cells = boxes.map((box, i) =>
    element("label", { class: "check" }, box, boxes.length === 1 ? name : positionOf(i, shape)),
  );
  return {
    element: element("div", { class: "fields" }, ...cells),
    values: () => boxes.map(({ checked }) => Number(checked)),
    show: (values) => boxes.forEach((box, i) => (box.checked = (values[i] ?? 0) !== 0)),
  };
}

function idsControl(options: ControlOptions): Control {
  const { name, shape, labels, changed } = options;
  const length = countOf(shape);
  let { padding } = options;
  const area = element("textarea", {
    rows: "4",
    spellcheck: "false",
    "aria-label": `${name}: text, or ids as numbers`,
    placeholder: "text, or ids such as 3 14 15",
  });
  const note = element("p", { class: "note" });
  const describe = (): void => {
    const { ids, as, unknown } = idsOf(area.value, labels);
    const cut = ids.length > length ? `, the last ${length} count` : "";
    const how = as === "bytes" ? " (bytes of the text)" : "";
    const missing = unknown === 0 ? "" : `; ${unknown} characters have no label`;
    note.textContent = `${ids.length} of ${length} ids${how}${cut}${missing}`;
  };
  area.addEventListener("input", () => {
    describe();
    changed();
  });
  describe();
  const choice = menu("zeros", ["before", "after"], padding, (chosen) => {
    padding = chosen as Padding;
    changed();
  });
  return {
    element: element("div", {}, area, note, element("div", { class: "tools" }, choice)),
    values: () => fitted(idsOf(area.value, labels).ids, length, padding),
    show(values) {
      area.value = textOf(values, labels) ?? Array.from(values).join(" ");
      describe();
    },
  };
}

function npyValues(bytes: Uint8Array, name: string, count: number): Read {
  try {
    return counted(readNpy(bytes, name).data, count);
  } catch (error) {
    return { kind: "wrong", says: error instanceof Error ? error.message : String(error) };
  }
}

/** Beyond this, the text of the numbers is no use to a reader. */
const mostShown = 4096;

function pasteControl(options: ControlOptions): Control {
  const { name, shape, changed } = options;
  const count = countOf(shape);
  let values: ArrayLike<number> = new Float64Array(count);
  const area = element("textarea", {
    rows: "2",
    spellcheck: "false",
    "aria-label": `${name}: ${count} numbers`,
    placeholder: `${count} numbers, as JSON or separated by spaces; or drop a .npy file`,
  });
  const note = element("p", { class: "note", role: "status" }, "all zeros");
  const accept = (read: Read, says: string): void => {
    note.textContent = read.kind === "wrong" ? read.says : says;
    note.classList.toggle("wrong", read.kind === "wrong");
    if (read.kind === "wrong") return;
    values = read.values;
    changed();
  };
  const show = (given: ArrayLike<number>): void => {
    values = given;
    note.textContent = Array.from(given).every((value) => value === 0) ? "all zeros" : `${count} numbers`;
    area.value = count <= mostShown ? Array.from(given, showNumber).join(" ") : "";
  };
  const openNpy = async (file: File | null | undefined): Promise<void> => {
    if (file === null || file === undefined) return;
    const read = npyValues(new Uint8Array(await file.arrayBuffer()), file.name, count);
    if (read.kind === "values") show(read.values);
    accept(read, `${count} numbers of ${file.name}`);
  };
  area.addEventListener("input", () => accept(pastedNumbers(area.value, count), `${count} numbers`));
  area.addEventListener("dragover", (event) => event.preventDefault());
  area.addEventListener("drop", (event) => {
    const file = event.dataTransfer?.files[0];
    if (file === undefined) return;
    event.preventDefault();
    void openNpy(file);
  });
  const picker = element("input", { type: "file", accept: ".npy", hidden: true, "aria-hidden": "true" });
  picker.addEventListener("change", () => void openNpy(picker.files?.[0]));
  const fill = (says: string, next: () => number) => () => {
    show(Float64Array.from({ length: count }, next));
    accept({ kind: "values", values }, says);
  };
  const tools = element(
    "div",
    { class: "tools" },
    button("Open .npy…", () => picker.click()),
    button(
      "Zeros",
      fill("all zeros", () => 0),
    ),
    ...(isFloat(options) ? [button("Random", fill("random, standard normal", normal))] : []),
    picker,
  );
  return { element: element("div", {}, area, note, tools), values: () => values, show };
}
