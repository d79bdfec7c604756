import type { Machine } from "../../support/machine.ts";
import type { Located, Pointer } from "./addresses.ts";
import type { FlatLoop, FlatStmt } from "./flatten.ts";
import { blocksOf, valuesOf, within, type Load } from "./walk.ts";

/**
 * The pointers of `loop` that should move between the unrolled iterations `bodies`, and by how many elements: those
 * through which splats are loaded at many offsets, if moving the pointer leaves the same few offsets in each iteration.
 */
export function spread(
  bodies: readonly (readonly FlatStmt[])[],
  locate: (x: Load) => Located,
  loop: FlatLoop,
  { splatOffsets }: Machine,
): readonly { readonly pointer: Pointer; readonly by: number }[] {
  const offsets = new Map<Pointer, Set<number>[]>();
  bodies.forEach((body, iteration) => {
    for (const x of splatLoads(body)) {
      const { pointer, inline, constant } = locate(x);
      if (pointer === null || pointer.owner !== loop || inline.length > 0) continue;
      const perIteration = offsets.get(pointer) ?? bodies.map(() => new Set<number>());
      offsets.set(pointer, perIteration);
      perIteration[iteration]?.add(constant);
    }
  });
  const moves: { pointer: Pointer; by: number }[] = [];
  for (const [pointer, perIteration] of offsets) {
    if (new Set(perIteration.flatMap((found) => [...found])).size <= splatOffsets) continue;
    const firsts = perIteration.map((found) => Math.min(...found));
    const by = (firsts[1] ?? 0) - (firsts[0] ?? 0);
    if (by > 0 && firsts.every((first, iteration) => first === (firsts[0] ?? 0) + iteration * by))
      moves.push({ pointer, by });
  }
  return moves;
}

/** Splat loads of an iteration, without those of loops inside it, which have their own pointers. */
const splatLoads = (body: readonly FlatStmt[]): readonly Load[] =>
  ownStatements(body)
    .flatMap(valuesOf)
    .flatMap(within)
    .flatMap((x) => (x.kind === "splat" && x.value.kind === "load" && x.value.type.scalar !== "bool" ? [x.value] : []));

const ownStatements = (body: readonly FlatStmt[]): readonly FlatStmt[] =>
  body.flatMap((stmt) => (stmt.kind === "for" ? [] : [stmt, ...blocksOf(stmt).flatMap(ownStatements)]));
