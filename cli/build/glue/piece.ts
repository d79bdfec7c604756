/** A top-level declaration of the runtime, minified, with holes for the names of others. */
export interface Piece {
  readonly name: string;
  readonly keyword: "const" | "let" | "function";
  /** The text around the holes: one more than `holes`. */
  readonly texts: readonly string[];
  /** The names of the declarations that stand in the holes. */
  readonly holes: readonly string[];
}

/** What a built model is linked from. */
export interface GlueParts {
  /** In an order in which each comes after those that it needs at once. */
  readonly pieces: readonly Piece[];
  /** Identifiers that the pieces use for other things. */
  readonly taken: readonly string[];
  /** The text of `runtime/model.ts`: the types of a model. */
  readonly types: string;
  /** The text of `runtime/worker-model.ts`: the types of a model in a worker. */
  readonly workerTypes: string;
}
