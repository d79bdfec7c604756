// Values with the structure of a model: a record by path, as an input of an entry, or of what the model has now.
import type { Name, TypeExpr } from "../../../dsl/ast.ts";
import type { Located } from "./param-paths.ts";
import type { Arg, Declared, DlValue, Env } from "../context.ts";
import { report } from "../errors.ts";
import { attributionAt } from "../values/attribution.ts";
import { describe, ERROR, makeTensor } from "../values/values.ts";
import { read } from "../values/variables.ts";
import { membersOf, relativePath } from "./members.ts";
import { fromList } from "./other-params.ts";
import { pathOf } from "./param-paths.ts";

/** The name of the model in the type of an input, `Net` or `params(Net)`; null in other types. */
export function modelIn(env: Env, type: TypeExpr): Name | null {
  if (type.kind === "params") return type.model;
  const binding = type.kind === "static" ? env.scope.find(type.name.text) : undefined;
  return type.kind === "static" && binding?.kind === "value" && binding.value.kind === "function" ? type.name : null;
}

/** One input of the graph for each param, and each state unless `only` the params are wanted; with the model's path. */
export function structuredInput(
  env: Env,
  name: Name,
  model: Name,
  only: "params" | null,
): { readonly value: DlValue; readonly path: string } | null {
  const { builder } = env.context;
  const found = env.context.evaluate(env, { kind: "name", ...model });
  const members = membersUnder(env, { value: found, span: model.span });
  if (members === null) return null;
  const { path } = members;
  const wanted = members.all.filter(({ kind }) => only === null || kind === "param");
  const fields = wanted.map(({ path: whole, type }): readonly [string, DlValue] => {
    const part = relativePath(whole, path);
    const leaf = builder.attributed(attributionAt(env, name.span), () => builder.input(`${name.text}.${part}`, type));
    return [part, makeTensor(builder, leaf, name.span)];
  });
  return { value: byPath(fields), path };
}

/** `snapshot(Net)`: the params and states of a model or a part of one, as they are here. */
export function snapshot(env: Env, model: Arg): DlValue {
  const members = membersUnder(env, model);
  if (members === null) return ERROR;
  return byPath(
    members.all.map((member) => [relativePath(member.path, members.path), read(env, member, model.span)] as const),
  );
}

/** `by_path(Net, values)`: a list in the order of `params(Net)` as a record. */
export function listByPath(env: Env, model: Arg, values: Arg): DlValue {
  const { value, span } = values;
  const path = pathOf(env, model.value);
  if (value.kind === "error") return ERROR;
  if ((value.kind !== "list" && value.kind !== "tuple") || path === null)
    return report(env.context, "E0632", span, `expected a list in the order of the params, found ${describe(value)}`);
  const given = fromList(env, model, value.items, span);
  if (given === undefined) return ERROR;
  return byPath(given.map(({ declared, value: item }) => [relativePath(declared.path, path), item] as const));
}

/** Null after a report. */
function membersUnder(
  env: Env,
  { value, span }: Located,
): { readonly path: string; readonly all: readonly Declared[] } | null {
  if (value.kind === "error") return null;
  const path = pathOf(env, value);
  const all = path === null ? [] : membersOf(env.context, path);
  if (path !== null && all.length > 0) return { path, all };
  const says = path === null ? `${describe(value)} has no params` : `no entry applies \`${path}\` before this`;
  report(env.context, "E0602", span, says, {
    help: path === null ? "name a model" : "apply it before, or in another entry, to make its params and states known",
  });
  return null;
}

/** A record of records: `dense1.w` is the field `w` of the field `dense1`. */
function byPath(fields: readonly (readonly [string, DlValue])[]): DlValue {
  const groups = new Map<string, (readonly [string, DlValue])[]>();
  const made = new Map<string, DlValue>();
  for (const [path, value] of fields) {
    const [head = "", ...rest] = path.split(".");
    if (rest.length === 0) made.set(head, value);
    else groups.set(head, [...(groups.get(head) ?? []), [rest.join("."), value]]);
  }
  for (const [head, inner] of groups) made.set(head, byPath(inner));
  return { kind: "record", fields: made };
}
