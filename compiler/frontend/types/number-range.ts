import type { Span } from "../../../dsl/span.ts";
import type { DType } from "../../../runtime/model.ts";
import { fits, limits, symmetric } from "../../types/interval.ts";
import { isFloat } from "../../types/tensor-type.ts";
import type { Env } from "../context.ts";
import { report } from "../errors.ts";

/** Whether a number is a value of the dtype; reports it if not. */
export function isInRange({ context }: Env, span: Span, value: number, dtype: DType): boolean {
  if (fits(value, dtype)) return true;
  const { lo, hi } = dtype === "f32" ? symmetric(3.4028235e38) : limits[dtype];
  report(context, "E0303", span, `the number ${value} does not fit ${dtype}`, {
    label: `${dtype} ranges from ${lo} to ${hi}`,
    help: isFloat(dtype) ? undefined : `use a smaller number, or convert the tensor: convert(x, dtype: "f32")`,
  });
  return false;
}
