// `at(Net, values)`: a model or layer with other values of its params.
import type { Span } from "../../../dsl/span.ts";
import { showType } from "../../types/tensor-type.ts";
import { present } from "../../support/invariant.ts";
import type { Arg, Declared, DlValue, Env, Tensor } from "../context.ts";
import { report } from "../errors.ts";
import { describe, ERROR } from "../values/values.ts";
import { valueOfType } from "./initializers.ts";
import { membersOf, relativePath } from "./members.ts";
import { paramsUnder, pathOf } from "./param-paths.ts";
import { fieldAt } from "./structures.ts";

/** The function, with values by path: of all params in a list, or of some params and states in a record. */
export function withOtherParams(env: Env, model: Arg, values: Arg): DlValue {
  const { context } = env;
  const path = pathOf(env, model.value);
  if (model.value.kind !== "function" || path === null)
    return report(context, "E0602", model.span, `${describe(model.value)} has no params`, {
      help: "name a model, or a layer bound by `let`",
    });
  const given =
    values.value.kind === "record"
      ? fromRecord(env, path, values)
      : values.value.kind === "list" || values.value.kind === "tuple"
        ? fromList(env, model, values.value.items, values.span)
        : null;
  if (given === undefined) return ERROR;
  if (given === null)
    return report(context, "E0632", values.span, `expected the values of params, found ${describe(values.value)}`, {
      help:
        values.value.kind === "function"
          ? "snapshot(Net) is the current values of a model"
          : "give a list in the order of params(Net), or a record by path: { dense1: { w, b } }",
    });
  const tensors = new Map<string, Tensor>();
  for (const { declared, value } of given) {
    const tensor = valueFor(env, declared, value, values.span);
    if (tensor === null) return ERROR;
    tensors.set(declared.path, tensor);
  }
  return { ...model.value, values: new Map([...(model.value.values ?? []), ...tensors]) };
}

export interface Given {
  readonly declared: Declared;
  readonly value: DlValue;
}

/** Undefined after a report. */
export function fromList(env: Env, model: Arg, items: readonly DlValue[], span: Span): readonly Given[] | undefined {
  const { context } = env;
  const paths = paramsUnder(env, model.value, model.span);
  if (paths === null) return undefined;
  if (items.length !== paths.length) {
    const missing = paths.slice(items.length);
    report(context, "E0632", span, `expected ${paths.length} values of params, found ${items.length}`, {
      label: missing.length > 0 ? `without a value: ${missing.join(", ")}` : `its params are ${paths.join(", ")}`,
    });
    return undefined;
  }
  return paths.map((path, k) => ({
    declared: present(context.program.declared.get(path), path),
    value: present(items[k], "a value for each param"),
  }));
}

function fromRecord(env: Env, prefix: string, { value, span }: Arg): readonly Given[] | undefined {
  const members = membersOf(env.context, prefix);
  if (members.length === 0) {
    report(env.context, "E0602", span, `no entry applies \`${prefix}\` before this`, {
      help: `apply it before, to make its params known; at(${prefix}, values) is for values in place of these`,
    });
    return undefined;
  }
  const byPath = new Map(members.map((member) => [relativePath(member.path, prefix), member]));
  const unknown = leavesOf(value).find((path) => !byPath.has(path));
  if (unknown !== undefined) {
    report(env.context, "E0632", span, `\`${prefix}\` has no \`${unknown}\``, {
      help: `its params and states are ${[...byPath.keys()].join(", ")}`,
    });
    return undefined;
  }
  return [...byPath].flatMap(([path, declared]) => {
    const field = fieldAt(value, path);
    return field === undefined ? [] : [{ declared, value: field }];
  });
}

/** The paths of all fields that are not records. */
function leavesOf(value: DlValue, prefix = ""): readonly string[] {
  if (value.kind !== "record") return [prefix];
  return [...value.fields].flatMap(([name, field]) => leavesOf(field, prefix === "" ? name : `${prefix}.${name}`));
}

function valueFor(env: Env, declared: Declared, value: DlValue, span: Span): Tensor | null {
  const made = valueOfType(env, value, declared.type, span);
  if (made?.kind === "tensor") return made;
  if (made !== null) return null;
  report(
    env.context,
    "E0632",
    span,
    `expected ${showType(declared.type)} for \`${declared.path}\`, found ${describe(value)}`,
    { also: [{ span: declared.span, says: "declared here" }] },
  );
  return null;
}
