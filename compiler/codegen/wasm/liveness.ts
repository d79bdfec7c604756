import type { Expr } from "../../kernel/ir.ts";
import type { Addresses } from "./addresses.ts";
import type { FlatStmt } from "./flatten.ts";
import { blocksOf, statementsOf, valuesOf, within } from "./walk.ts";

/**
 * Variables that need a local. A `let` or loop variable that is used only in addresses does not: pointers replace it.
 */
export function neededNames(body: readonly FlatStmt[], addresses: Addresses): ReadonlySet<string> {
  const needed = new Set(addresses.needed);
  for (const stmt of statementsOf(body).toReversed()) {
    if (stmt.kind === "let" && !needed.has(stmt.name)) continue;
    for (const value of valuesOf(stmt)) for (const x of within(value)) if (x.kind === "var") needed.add(x.name);
  }
  return needed;
}

/** The names that each statement of a block uses last. */
export class LastUses {
  readonly #addresses: Addresses;
  readonly #uses = new Map<FlatStmt, ReadonlySet<string>>();
  readonly #blocks = new Map<readonly FlatStmt[], ReadonlyMap<number, readonly string[]>>();

  constructor(addresses: Addresses) {
    this.#addresses = addresses;
  }

  /**
   * The names defined in the block, by the index of the last statement that uses each; a name without a use is at its
   * definition.
   */
  in(block: readonly FlatStmt[]): ReadonlyMap<number, readonly string[]> {
    const known = this.#blocks.get(block);
    if (known !== undefined) return known;
    const last = new Map<string, number>();
    block.forEach((stmt, index) => {
      for (const name of this.#usesOf(stmt)) if (last.has(name)) last.set(name, index);
      if (stmt.kind === "let" || stmt.kind === "var") last.set(stmt.name, index);
    });
    const ending = new Map<number, string[]>();
    for (const [name, index] of last) ending.set(index, [...(ending.get(index) ?? []), name]);
    this.#blocks.set(block, ending);
    return ending;
  }

  #usesOf(stmt: FlatStmt): ReadonlySet<string> {
    const known = this.#uses.get(stmt);
    if (known !== undefined) return known;
    const uses = new Set<string>();
    for (const value of valuesOf(stmt)) this.#value(value, uses);
    if (stmt.kind === "store") this.#position(stmt.at, uses);
    if (stmt.kind === "set") uses.add(stmt.name);
    for (const block of blocksOf(stmt))
      for (const inner of block) for (const name of this.#usesOf(inner)) uses.add(name);
    this.#uses.set(stmt, uses);
    return uses;
  }

  #value(value: Expr, uses: Set<string>): void {
    for (const x of within(value)) {
      if (x.kind === "var" || x.kind === "register") uses.add(x.name);
      if (x.kind === "load") this.#position(x.at, uses);
    }
  }

  #position(at: Expr, uses: Set<string>): void {
    for (const { expr } of this.#addresses.form(at).terms.values()) this.#value(expr, uses);
  }
}
