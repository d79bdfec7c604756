import type { Machine } from "../../support/machine.ts";
import type { Located, Pointer } from "./addresses.ts";
import type { FlatLoop, FlatStmt } from "./flatten.ts";
import { blocksOf, valuesOf, within, type Load } from "./walk.ts";

/**
 * The pointers of `loop` that should move between the unrolled turns `bodies`, and by how many elements: those through which splats
 * are loaded at many offsets, where a move per turn leaves each turn the same few.
 */
export function spread(
  bodies: readonly (readonly FlatStmt[])[],
  locate: (x: Load) => Located,
  loop: FlatLoop,
  { splatOffsets }: Machine,
): readonly { readonly pointer: Pointer; readonly by: number }[] {
  const offsets = new Map<Pointer, Set<number>[]>();
  bodies.forEach((body, turn) => {
    for (const x of splatLoads(body)) {
      const { pointer, inline, constant } = locate(x);
      if (pointer === null || pointer.owner !== loop || inline.length > 0) continue;
      const turns = offsets.get(pointer) ?? bodies.map(() => new Set<number>());
      offsets.set(pointer, turns);
      turns[turn]?.add(constant);
    }
  });
  const moves: { pointer: Pointer; by: number }[] = [];
  for (const [pointer, turns] of offsets) {
    if (new Set(turns.flatMap((turn) => [...turn])).size <= splatOffsets) continue;
    const firsts = turns.map((turn) => Math.min(...turn));
    const by = (firsts[1] ?? 0) - (firsts[0] ?? 0);
    if (by > 0 && firsts.every((first, turn) => first === (firsts[0] ?? 0) + turn * by)) moves.push({ pointer, by });
  }
  return moves;
}

/** Those of the turn itself: a loop inside it has pointers of its own. */
const splatLoads = (body: readonly FlatStmt[]): readonly Load[] =>
  ownStatements(body)
    .flatMap(valuesOf)
    .flatMap(within)
    .flatMap((x) => (x.kind === "splat" && x.value.kind === "load" && x.value.type.scalar !== "bool" ? [x.value] : []));

const ownStatements = (body: readonly FlatStmt[]): readonly FlatStmt[] =>
  body.flatMap((stmt) => (stmt.kind === "for" ? [] : [stmt, ...blocksOf(stmt).flatMap(ownStatements)]));
