import { dtypes } from "../../../runtime/dtype.ts";
import type { DType } from "../../../runtime/model.ts";

/** The dtypes of programs: only the reference interpreter computes in f64, kernels do not. */
export const dtypeNames: readonly string[] = Object.keys(dtypes).filter((name) => name !== "f64");

export const isDtype = (name: string): name is DType => dtypeNames.includes(name);
