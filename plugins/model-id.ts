/** Whether a module is a model: not its text or its URL, which bundlers give for `?raw` and `?url`. */
export const isModel = (id: string): boolean => /\.dl(\?|$)/.test(id) && !/[?&](raw|url)\b/.test(id);

export function partsOfId(id: string): { readonly file: string; readonly query: URLSearchParams } {
  const [file = "", query = ""] = id.split("?");
  return { file, query: new URLSearchParams(query) };
}

/** Marks the built model, where the import without the mark is a module that swaps it. */
export const buildMark = "dlc-build";
