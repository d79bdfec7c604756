import type { EntryType, SlotType } from "../../../runtime/model.ts";
import { dtypes } from "../../../runtime/dtype.ts";
import type { Tensor } from "../../../runtime/model.ts";
import type { Control } from "./control.ts";
import { controlOf } from "./controls.ts";
import { button, checkbox, element, menu } from "./dom.ts";
import { batchDimOf, countOf, inputKinds, sampleOf, viewKinds, type InputKind, type ViewKind } from "./kinds.ts";
import type { Config, Model } from "./model.ts";
import { settingControl } from "./settings.ts";
import { byteNames, isProbability, medianOf, showNumber, type Padding } from "./text.ts";
import { viewOf, type Shown } from "./views.ts";

type Variant = EntryType["variants"][number];

/** The time per call is the median of so many. */
const measured = 20;
/** A model that takes longer than this runs when the user pauses. */
const fastMs = 30;
const pauseMs = 250;

const titles: Readonly<Record<InputKind | ViewKind, string>> = {
  image: "image",
  numbers: "numbers",
  ids: "text or ids",
  paste: "JSON or .npy",
  number: "number",
  bars: "bars",
  classes: "map of classes",
  table: "table",
};

export function modelPage(model: Model, { title, labels, settings }: Config, loadMs: number): HTMLElement {
  const names = [...model.entries.keys()];
  let entryName = names.find((name) => model.entries.get(name)?.kind !== "train") ?? names[0] ?? "";
  let variant = 0;
  let automatic = true;
  const controls = new Map<string, Control>();
  let times: number[] = [];
  let waiting: number | undefined;
  const kinds = new Map<string, ViewKind>();
  /** The outputs that were closed or opened by the user, by name. */
  const open = new Map<string, boolean>();
  /** The inputs that continue from the output of their name. */
  const continued = new Set<string>();

  const entryOf = (): EntryType => model.entries.get(entryName) ?? { kind: "plain", variants: [] };
  const batchDim = (): string | null => batchDimOf(Object.values(variantOf().inputs));
  const variantOf = (): Variant => entryOf().variants[variant] ?? { dims: {}, inputs: {}, outputs: {} };

  const bar = element("div", { class: "bar-of-choices" });
  const inputs = element("section", { "aria-label": "inputs" });
  const outputs = element("section", { "aria-label": "outputs" });
  const problem = element("pre", { class: "error", role: "alert", hidden: true });
  const time = element("p", { class: "time", role: "status" });

  const changed = (): void => {
    if (!automatic || entryOf().kind === "train") return;
    clearTimeout(waiting);
    waiting = setTimeout(run, medianOf(times) < fastMs ? 0 : pauseMs) as unknown as number;
  };

  function run(): void {
    const { dims, inputs: slots } = variantOf();
    const given = Object.fromEntries(
      Object.entries(slots).map(([name, slot]) => [
        name,
        { data: filled(slot, controls.get(name)), shape: slot.shape },
      ]),
    );
    try {
      const start = performance.now();
      const results = model.run(entryName, given, { dims });
      times = [...times, performance.now() - start].slice(-measured);
      problem.hidden = true;
      show(results);
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
      problem.hidden = false;
    }
  }

  function show(results: Readonly<Record<string, Tensor>>): void {
    const { inputs: taken, outputs: slots } = variantOf();
    // Without a list of labels a text is entered as bytes.
    const isText = Object.entries(taken).some(([name, slot]) => inputKinds(name, slot, batchDim())[0] === "ids");
    const found = Object.entries(slots).map(([name, slot]) => ({
      name,
      slot,
      data: results[name]?.data ?? [],
      labels: labels.length === 0 && isText ? byteNames : labels,
      batchDim: batchDim(),
    }));
    const ranked = found.toSorted((a, b) => rank(a) - rank(b));
    // Logits repeat what the probabilities of the same classes say.
    const best = ranked.find((each) => rank(each) === 0);
    outputs.replaceChildren(
      ...ranked.map((each) => {
        const repeats = best !== undefined && each !== best && String(each.slot.shape) === String(best.slot.shape);
        return outputCard(each, open.get(each.name) ?? !(repeats || rank(each) === 2));
      }),
    );
    for (const name of continued) if (results[name] !== undefined) controls.get(name)?.show?.(results[name].data);
    const calls = times.length === 1 ? "the first call" : `median of ${times.length} calls`;
    time.textContent = `${showMs(medianOf(times))}, ${calls}`;
  }

  /** Probabilities first, and last what the next call takes as an input. */
  function rank({ name, slot, data }: Shown): number {
    if (isContinued(name)) return 2;
    const { shape } = sampleOf(slot, batchDim());
    return shape.length === 1 && isProbability(Array.from(data).slice(0, countOf(shape))) ? 0 : 1;
  }

  const isContinued = (name: string): boolean => {
    const { inputs: taken, outputs: made } = variantOf();
    const [input, output] = [taken[name], made[name]];
    return input?.dtype === output?.dtype && String(input?.shape) === String(output?.shape);
  };

  function outputCard(shown: Shown, isOpen: boolean): HTMLElement {
    const { name, slot } = shown;
    const fitting = viewKinds(name, slot, batchDim());
    const key = `${name} ${slot.shape.join()}`;
    const draw = (): HTMLElement => viewOf(kinds.get(key) ?? fitting[0] ?? "table", shown);
    const body = element("div", { class: "view" }, draw());
    const choice = kindMenu(fitting, kinds.get(key), (kind) => {
      kinds.set(key, kind);
      body.replaceChildren(draw());
    });
    const card = element("details", { class: "card", open: isOpen }, heading("summary", name, slot), ...choice, body);
    card.addEventListener("toggle", () => open.set(name, card.open));
    return card;
  }

  function inputCard(name: string, slot: SlotType): HTMLElement {
    const fitting = inputKinds(name, slot, batchDim());
    const { shape, batch } = sampleOf(slot, batchDim());
    const body = element("div");
    const use = (kind: InputKind): void => {
      const before = controls.get(name);
      const made = controlOf(kind, { name, slot, shape, labels, padding: paddingOf(), changed });
      const values = before?.values() ?? [];
      if (values.length === countOf(shape)) made.show?.(values);
      before?.stop?.();
      controls.set(name, made);
      body.replaceChildren(made.element);
    };
    use(fitting[0] ?? "paste");
    const choice = kindMenu(fitting, undefined, (kind) => {
      use(kind);
      changed();
    });
    const again = isContinued(name)
      ? [
          checkbox("continue from the last call", continued.has(name), (on) =>
            on ? continued.add(name) : continued.delete(name),
          ),
        ]
      : [];
    const repeated = batch > 1 ? [element("p", { class: "note" }, `repeated for all ${batch} samples`)] : [];
    return element("div", { class: "card" }, heading("h2", name, slot), ...choice, body, ...again, ...repeated);
  }

  /** A model that takes the length of a text expects zeros after it; others read its end. */
  const paddingOf = (): Padding =>
    Object.keys(variantOf().inputs).some((name) => /length/i.test(name)) ? "after" : "before";

  /** Inputs keep their values if the next entry or variant has the same. */
  function rebuild(): void {
    controls.forEach((control) => control.stop?.());
    times = [];
    open.clear();
    problem.hidden = true;
    time.textContent = "";
    outputs.replaceChildren();
    const { kind, variants } = entryOf();
    const slots = Object.entries(variantOf().inputs);
    inputs.replaceChildren(...slots.map(([name, slot]) => inputCard(name, slot)), ...settingsCard);
    const runText = kind === "train" ? "Train a step" : kind === "draw" ? "Draw again" : "Run";
    bar.replaceChildren(
      ...(names.length > 1
        ? [
            menu("entry", names, entryName, (name) => {
              entryName = name;
              variant = 0;
              rebuild();
            }),
          ]
        : []),
      ...(variants.length > 1
        ? [
            menu("variant", variants.map(showDims), showDims(variantOf()), (text) => {
              variant = variants.findIndex((each) => showDims(each) === text);
              rebuild();
            }),
          ]
        : []),
      button(runText, run, { class: "primary" }),
      ...(kind === "train" ? [] : [checkbox("run after each change", automatic, (on) => (automatic = on))]),
      time,
    );
    if (kind !== "train") run();
  }

  const settingRows = settings.map((setting) =>
    settingControl(setting, setting.whole, (value) => {
      model.set?.(setting.name, value);
      changed();
    }),
  );
  // One for all entries: they share the settings.
  const settingsCard =
    settings.length > 0 ? [element("div", { class: "card" }, element("h2", {}, "settings"), ...settingRows)] : [];

  rebuild();
  return element(
    "div",
    {},
    element("header", {}, element("h1", {}, title), element("p", { class: "quiet" }, `loaded in ${showMs(loadMs)}`)),
    bar,
    problem,
    element("div", { class: "columns" }, inputs, outputs),
  );
}

/** The values of an input: those of the form, once for each sample. */
function filled({ dtype, shape }: SlotType, control: Control | undefined): ArrayLike<number> {
  const data = new dtypes[dtype].array(countOf(shape));
  const values = control?.values() ?? [];
  for (let i = 0; i < data.length && values.length > 0; i++) data[i] = values[i % values.length] ?? 0;
  return data;
}

const showDims = ({ dims }: Variant): string =>
  Object.entries(dims)
    .map(([name, size]) => `${name} = ${size}`)
    .join(", ") || "no dims";

/** Browsers round times, some to a whole millisecond. */
const showMs = (ms: number): string =>
  ms === 0 ? "under 1 ms" : `${showNumber(Number(ms.toPrecision(ms < 1 ? 1 : 3)))} ms`;

const heading = (tag: "h2" | "summary", name: string, { dtype, shape }: SlotType): HTMLElement =>
  element(tag, {}, name, " ", element("code", {}, `${dtype}[${shape.join(", ")}]`));

function kindMenu<Kind extends InputKind | ViewKind>(
  fitting: readonly Kind[],
  now: Kind | undefined,
  choose: (kind: Kind) => void,
): readonly HTMLElement[] {
  const [first] = fitting;
  if (fitting.length < 2 || first === undefined) return [];
  const byTitle = new Map(fitting.map((kind) => [titles[kind], kind]));
  return [menu("as", [...byTitle.keys()], titles[now ?? first], (text) => choose(byTitle.get(text) ?? first))];
}
