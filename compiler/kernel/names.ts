/** Keywords of `.kir`, which cannot be names. */
export const reserved: ReadonlySet<string> = new Set(
  "kernel function for unroll let var if else pass return splat true false inf nan".split(" "),
);

export const isName = (text: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(text) && !reserved.has(text);

/** Makes unique names: the hint itself if it is free, else `hint_1`, `hint_2`, ... */
export class Names {
  readonly #taken: Set<string>;
  readonly #next = new Map<string, number>();

  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set(taken);
  }

  fresh(hint: string): string {
    const clean = hint.replace(/[^A-Za-z0-9_]/g, "_").replace(/^(?![A-Za-z_])/, "_");
    let name = clean;
    for (let n = this.#next.get(clean) ?? 1; reserved.has(name) || this.#taken.has(name); n++) {
      name = `${clean}_${n}`;
      this.#next.set(clean, n + 1);
    }
    this.#taken.add(name);
    return name;
  }
}
