import { apply, lane, splat } from "./fold.ts";
import type { Expr, Kernel } from "./ir.ts";
import { expressions, mapStmts, some } from "./walk.ts";

/** The kernel with each `madd` of floats as a product and a sum: it rounds twice in every mode. */
export const separateMadd = (kernel: Kernel): Kernel =>
  expressions(kernel.body).some((x) => some(x, isFused))
    ? { ...kernel, body: mapStmts(kernel.body, separate) }
    : kernel;

const isFused = (x: Expr): boolean => x.kind === "apply" && x.op === "madd" && x.type.scalar === "f32";

function separate(x: Expr): Expr {
  switch (x.kind) {
    case "const":
    case "var":
    case "register":
    case "load":
      return x;
    case "splat":
      return splat(separate(x.value), x.type.lanes);
    case "lane":
      return lane(separate(x.value), x.lane);
    case "call":
      return { ...x, args: x.args.map(separate) };
    case "apply": {
      const args = x.args.map(separate);
      return isFused(x) ? apply("add", [apply("mul", args.slice(0, 2)), ...args.slice(2)]) : apply(x.op, args);
    }
  }
}
