import { apply, constant, lane } from "../kernel/fold.ts";
import type { Expr, Operator, Stmt } from "../kernel/ir.ts";
import { constantInt, freshName, mentioned, rename, renew, some, substitute } from "../kernel/walk.ts";
import { present } from "../support/invariant.ts";
import type { Machine } from "../support/machine.ts";
import { extentOf, type Loop } from "./collapse.ts";
import { jam } from "./jam.ts";
import { runsAlong, vectorize } from "./vectorize.ts";

/** Operators that may be reassociated, with their neutral elements. */
const neutral: Partial<Record<Operator, number>> = { add: 0, mul: 1, max: -Infinity, min: Infinity };

type Declaration = Extract<Stmt, { kind: "var" }>;

interface Sum {
  readonly declaration: Declaration;
  readonly op: Operator;
}

/**
 * Vectorizes a reduction along memory whose order is free (a maximum, a sum of integers): a list of statements that
 * declares registers, folds into them in a loop, and uses them. Each register gets up to four vectors of partial
 * results, combined pairwise after the loop. Null if the list is not such a reduction. Sums of f32 have an order of
 * their own: `partials.ts`.
 */
export function reduceRows(body: readonly Stmt[], { lanes, loops }: Machine): Stmt[] | null {
  const index = body.findIndex((stmt) => stmt.kind === "for");
  const loop = body[index];
  if (loop?.kind !== "for" || body.slice(index + 1).some((stmt) => stmt.kind === "for")) return null;
  const inner = innermost(loop);
  const extent = extentOf(inner);
  const copies = loops.partials.find(({ terms }) => extent !== null && extent >= terms)?.vectors;
  if (extent === null || copies === undefined || !runsAlong(inner.body, inner.name)) return null;
  const sums = sumsOf(inner.body, body.slice(0, index));
  // The partial results are vectors even if the folded value is the same in all iterations.
  const vector = sums && vectorize(inner.body, inner.name, { vectors: sums.map(({ declaration: { name } }) => name) });
  if (!sums || !vector) return null;

  const taken = mentioned(body);
  const parts = new Map(
    sums.map(({ declaration: { name } }) => [name, Array.from({ length: copies }, () => freshName(name, taken))]),
  );
  const part = (name: string, j: number): string => present(parts.get(name)?.[j], `no partial result ${j} of ${name}`);
  const into = (j: number, at: Expr): Stmt[] =>
    substitute(rename(vector, new Map(sums.map(({ declaration: { name } }) => [name, part(name, j)]))), inner.name, at);
  const variable: Expr = { kind: "var", type: { scalar: "i32", lanes: 1 }, name: inner.name };
  const step = lanes * copies;
  const main = Math.floor(extent / step) * step;
  const vectors = Math.floor((extent - main) / lanes);
  const again = (stmts: readonly Stmt[]): Stmt[] => renew(stmts, taken);
  const folded: Stmt[] = [];
  if (main > 0)
    folded.push({
      ...inner,
      to: constantInt(main),
      step,
      body: jam(Array.from({ length: copies }, (_, j) => into(j, apply("add", [variable, constantInt(lanes * j)])))),
    });
  for (let j = 0; j < vectors; j++) folded.push(...again(into(j % copies, constantInt(main + lanes * j))));
  for (let at = main + lanes * vectors; at < extent; at++)
    folded.push(...again(substitute(inner.body, inner.name, constantInt(at))));

  const declare = sums.flatMap(({ declaration, op }): Stmt[] =>
    Array.from({ length: copies }, (_, j) => ({
      ...declaration,
      name: part(declaration.name, j),
      type: { scalar: declaration.type.scalar, lanes },
      init: constant({ scalar: declaration.type.scalar, lanes }, neutral[op] ?? 0),
    })),
  );
  const join = sums.map(({ declaration, op }): Stmt => {
    const partials = Array.from({ length: copies }, (_, j): Expr => ({
      kind: "register",
      type: { scalar: declaration.type.scalar, lanes },
      name: part(declaration.name, j),
      at: [],
    }));
    const whole = pairwise(op, partials);
    const own: Expr = { kind: "register", type: declaration.type, name: declaration.name, at: [] };
    return {
      kind: "set",
      name: declaration.name,
      at: [],
      value: apply(op, [
        own,
        pairwise(
          op,
          [0, 1, 2, 3].map((i) => lane(whole, i)),
        ),
      ]),
    };
  });
  return [...body.slice(0, index), ...declare, ...replaceInnermost(loop, folded), ...join, ...body.slice(index + 1)];
}

function pairwise(op: Operator, values: readonly Expr[]): Expr {
  const [a, b, ...rest] = values;
  if (a === undefined || b === undefined) return a as Expr;
  if (rest.length === 0) return apply(op, [a, b]);
  const half = Math.ceil(values.length / 2);
  return apply(op, [pairwise(op, values.slice(0, half)), pairwise(op, values.slice(half))]);
}

const innermost = (loop: Loop): Loop => {
  const [only, ...rest] = loop.body;
  return only?.kind === "for" && rest.length === 0 ? innermost(only) : loop;
};

/** The loop nest with its innermost loop replaced by statements. */
function replaceInnermost(loop: Loop, by: readonly Stmt[]): readonly Stmt[] {
  const [only, ...rest] = loop.body;
  return only?.kind === "for" && rest.length === 0 ? [{ ...loop, body: replaceInnermost(only, by) }] : by;
}

/** The registers that the body folds into; null if it uses outer registers in any other way, or stores to a buffer. */
function sumsOf(body: readonly Stmt[], before: readonly Stmt[]): Sum[] | null {
  const sums: Sum[] = [];
  for (const stmt of body) {
    if (stmt.kind === "let" && !some(stmt.value, (e) => e.kind === "register")) continue;
    if (stmt.kind !== "set" || stmt.at.length > 0 || stmt.value.kind !== "apply") return null;
    const declaration = before.find(
      (s): s is Declaration => s.kind === "var" && s.name === stmt.name && s.dims.length === 0,
    );
    const { op, args } = stmt.value;
    const folding = op === "madd" ? "add" : op;
    const position = op === "madd" ? 2 : args.findIndex((e) => e.kind === "register" && e.name === stmt.name);
    const own = args[position];
    const pure = args.every((e, i) => i === position || !some(e, (x) => x.kind === "register"));
    if (
      declaration === undefined ||
      own?.kind !== "register" ||
      own.name !== stmt.name ||
      !pure ||
      neutral[folding] === undefined
    )
      return null;
    if (sums.some((s) => s.declaration === declaration) || (declaration.type.scalar !== "f32" && folding !== "add"))
      return null;
    sums.push({ declaration, op: folding });
  }
  return sums.length > 0 ? sums : null;
}
