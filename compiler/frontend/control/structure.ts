import type { Span } from "../../../dsl/span.ts";
import { never, present } from "../../support/invariant.ts";
import { at } from "../../support/lists.ts";
import { sameType, scalar } from "../../types/tensor-type.ts";
import { literal, naturalDtype } from "../types/broadcasting.ts";
import type { DlValue, Env, Tensor } from "../context.ts";
import { inDtype } from "../values/number-lists.ts";
import { isNumber } from "../values/values.ts";

/** The tensors of a value, from left to right. */
export function tensorsIn(value: DlValue): Tensor[] {
  switch (value.kind) {
    case "tensor":
      return [value];
    case "list":
    case "tuple":
      return value.items.flatMap(tensorsIn);
    case "record":
      return [...value.fields.values()].flatMap(tensorsIn);
    case "int":
    case "float":
    case "bool":
    case "string":
    case "pack":
    case "function":
    case "path":
    case "ops":
    case "unit":
    case "error":
      return [];
    default:
      return never(value);
  }
}

/** The same structure with other tensors, in the order of `tensorsIn`. */
export function withTensors(value: DlValue, tensors: readonly Tensor[]): DlValue {
  const rest = [...tensors];
  const replace = (v: DlValue): DlValue => {
    switch (v.kind) {
      case "tensor":
        return present(rest.shift(), "a structure has as many tensors as it is given");
      case "list":
      case "tuple":
        return { kind: v.kind, items: v.items.map(replace), ...(v.names && { names: v.names }) };
      case "record":
        return { kind: "record", fields: new Map([...v.fields].map(([name, field]) => [name, replace(field)])) };
      default:
        return v;
    }
  };
  return replace(value);
}

/** Converts numbers and bools to scalar tensors; null if the value holds anything else but tensors. */
export function tensorized(env: Env, value: DlValue, span: Span): DlValue | null {
  switch (value.kind) {
    case "tensor":
      return value;
    case "int":
    case "float":
    case "bool":
      return literal(env, span, value, scalar(naturalDtype(value)));
    case "list":
    case "tuple": {
      const items = value.items.map((item) => tensorized(env, item, span));
      return items.includes(null) ? null : { ...value, items: items.filter((item) => item !== null) };
    }
    case "record": {
      const fields = new Map<string, DlValue>();
      for (const [name, field] of value.fields) {
        const made = tensorized(env, field, span);
        if (made === null) return null;
        fields.set(name, made);
      }
      return { kind: "record", fields };
    }
    default:
      return null;
  }
}

/**
 * Converts a value to the structure and types of `like`; numbers take its dtype and shape. Null if that is not
 * possible.
 */
export function convertLike(env: Env, given: DlValue, like: DlValue, span: Span): DlValue | null {
  const value = like.kind === "tensor" ? inDtype(env, span, given, like.value.type.dtype) : given;
  if (like.kind === "tensor") {
    const { type } = like.value;
    if (value.kind === "tensor") return sameType(value.value.type, type) ? value : null;
    const matches =
      (isNumber(value) &&
        type.dtype !== "bool" &&
        (value.kind === "int" || type.dtype === "f32" || type.dtype === "f64")) ||
      (value.kind === "bool" && type.dtype === "bool");
    return matches ? literal(env, span, value, type) : null;
  }
  if (
    (like.kind === "list" || like.kind === "tuple") &&
    value.kind === like.kind &&
    value.items.length === like.items.length
  ) {
    const items = like.items.map((item, k) => convertLike(env, at(value.items, k), item, span));
    const found = items.filter((item) => item !== null);
    return items.includes(null) ? null : { kind: like.kind, items: found, ...(like.names && { names: like.names }) };
  }
  if (like.kind === "record" && value.kind === "record" && like.fields.size === value.fields.size) {
    const fields = new Map<string, DlValue>();
    for (const [name, field] of like.fields) {
      const given = value.fields.get(name);
      const made = given === undefined ? null : convertLike(env, given, field, span);
      if (made === null) return null;
      fields.set(name, made);
    }
    return { kind: "record", fields };
  }
  return null;
}
