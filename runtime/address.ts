/**
 * A byte offset plus one stride for each enclosing loop, outermost first; the address moves by the stride with each
 * iteration.
 */
export type Address = number | { readonly offset: number; readonly strides: readonly number[] };

/** The byte offset of an address at the given iterations of its enclosing loops. */
export const addressAt = (address: Address, turns: readonly number[]): number =>
  typeof address === "number"
    ? address
    : address.strides.reduce((at, stride, depth) => at + stride * (turns[depth] ?? 0), address.offset);
