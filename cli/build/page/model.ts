import type { EntryType } from "../../../runtime/model.ts";
import type { Setting } from "../../../runtime/plan.ts";
import type { Tensor } from "../../../runtime/model.ts";

/** What the page knows beside the model itself: the JSON in `index.html`. */
export interface Config {
  readonly title: string;
  readonly labels: readonly string[];
  readonly settings: readonly (Setting & { readonly whole: boolean })[];
}

/** What the page needs of a model. */
export interface Model {
  readonly entries: ReadonlyMap<string, EntryType>;
  run(
    entry: string,
    inputs: Readonly<Record<string, { readonly data: ArrayLike<number>; readonly shape: readonly number[] }>>,
    options: { readonly dims: Readonly<Record<string, number>> },
  ): Readonly<Record<string, Tensor>>;
  /** Absent if the model has no settings. */
  set?(name: string, value: number): void;
}

/** The model beside the page, or the one in its text, which `file://` URLs need. */
export async function loadModel(): Promise<Model> {
  const inline = document.querySelector("#model");
  const address =
    inline === null
      ? new URL("./module.mjs", document.baseURI).href
      : URL.createObjectURL(new Blob([inline.textContent ?? ""], { type: "text/javascript" }));
  const { load } = (await import(address)) as { load(): Promise<Model> };
  return load();
}
