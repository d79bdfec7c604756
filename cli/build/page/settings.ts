import type { Setting } from "../../../runtime/plan.ts";
import { element } from "./dom.ts";
import { showNumber } from "./text.ts";

const steps = 1000;

/** The value of a setting with a range at a position of its slider, and the position of a value. */
export function valueAt({ low, high, scale }: Setting, position: number): number {
  const [from, to] = [low ?? 0, high ?? 1];
  const share = position / steps;
  return scale === "log" ? from * (to / from) ** share : from + (to - from) * share;
}

export function positionOf({ low, high, scale }: Setting, value: number): number {
  const [from, to] = [low ?? 0, high ?? 1];
  const share = scale === "log" ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from);
  return Math.round(steps * Math.min(1, Math.max(0, share)));
}

/** A slider where the setting has a range, and a field for the number. `set` throws for a value that is not allowed. */
export function settingControl(setting: Setting, isWhole: boolean, set: (value: number) => void): HTMLElement {
  const { name, low, high } = setting;
  const field = element("input", { type: "number", step: isWhole ? "1" : "any", "aria-label": name });
  const slider = element("input", { type: "range", min: "0", max: String(steps), "aria-label": name });
  const note = element("p", { class: "note wrong", role: "alert" });
  const show = (value: number): void => {
    field.value = String(Number(value.toPrecision(4)));
    slider.value = String(positionOf(setting, value));
    slider.setAttribute("aria-valuetext", showNumber(value));
  };
  const change = (value: number): void => {
    try {
      set(value);
      note.textContent = "";
      show(value);
    } catch (error) {
      note.textContent = error instanceof Error ? error.message : String(error);
    }
  };
  slider.addEventListener("input", () => {
    const value = valueAt(setting, Number(slider.value));
    change(isWhole ? Math.round(value) : Number(value.toPrecision(4)));
  });
  field.addEventListener("change", () => change(Number(field.value)));
  show(setting.default);
  const hasRange = low !== null && high !== null;
  return element(
    "div",
    { class: "setting" },
    element("span", { class: "name" }, name),
    ...(hasRange ? [slider] : []),
    field,
    note,
  );
}
