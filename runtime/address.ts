/** A byte offset; inside loops it moves by a stride with the turn of each loop around it, the outermost first. */
export type Address = number | { readonly offset: number; readonly strides: readonly number[] };

/** Where an address is at the turns of the loops around it. */
export const addressAt = (address: Address, turns: readonly number[]): number =>
  typeof address === "number" ? address : address.strides.reduce((at, stride, depth) => at + stride * (turns[depth] ?? 0), address.offset);
