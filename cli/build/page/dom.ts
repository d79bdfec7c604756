// Elements, as one expression each.
import { present } from "../../../compiler/support/invariant.ts";

type Attributes = Readonly<Record<string, string | boolean | EventListener>>;

/** A function is a listener of the event, `true` an attribute without a value; `false` leaves one out. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

export const button = (text: string, act: () => void, attributes: Attributes = {}): HTMLButtonElement =>
  element("button", { type: "button", click: act, ...attributes }, text);

/** A menu with a label before it. */
export function menu(
  label: string,
  options: readonly string[],
  chosen: string,
  choose: (option: string) => void,
): HTMLLabelElement {
  const select = element("select", { change: () => choose(select.value) });
  for (const option of options)
    select.append(element("option", { value: option, selected: option === chosen }, option));
  return element("label", { class: "menu" }, element("span", {}, label), select);
}

export function checkbox(label: string, checked: boolean, choose: (on: boolean) => void): HTMLLabelElement {
  const box = element("input", { type: "checkbox", checked, change: () => choose(box.checked) });
  return element("label", { class: "check" }, box, label);
}

export function context2d(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  return present(canvas.getContext("2d", { willReadFrequently: true }), "a canvas has only one context");
}
