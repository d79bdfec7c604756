import type { Kernel, MathFunction } from "../../kernel/ir.ts";
import { Addresses } from "./addresses.ts";
import { flatten, type FlatStmt } from "./flatten.ts";
import { LastUses, neededNames } from "./liveness.ts";

/** The analyses of a kernel that precede the emission of instructions. */
export interface Analysis {
  readonly body: readonly FlatStmt[];
  readonly addresses: Addresses;
  readonly needed: ReadonlySet<string>;
  readonly lastUses: LastUses;
}

/** A cache, since the fast and the strict module of a program have the same kernels. */
const known = new WeakMap<
  Kernel,
  { readonly functions: ReadonlyMap<string, MathFunction>; readonly analysis: Analysis }
>();

export function analyse(kernel: Kernel, functions: ReadonlyMap<string, MathFunction>): Analysis {
  const found = known.get(kernel);
  if (found?.functions === functions) return found.analysis;
  const body = flatten(kernel, functions);
  const addresses = new Addresses(body);
  const analysis = { body, addresses, needed: neededNames(body, addresses), lastUses: new LastUses(addresses) };
  known.set(kernel, { functions, analysis });
  return analysis;
}
