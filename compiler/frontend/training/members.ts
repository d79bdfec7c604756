// The params and states of models and of their parts.
import { starsOf } from "../../../runtime/pattern.ts";
import type { Context, Declared } from "../context.ts";
import type { Frame } from "../values/frames.ts";
import { waitForMembers } from "../waiting.ts";

/** Whether a path is that of a part or of something in it; in a pattern of parts, `*` matches any text. */
export const isUnder = (path: string, part: string): boolean =>
  part.includes("*")
    ? starsOf(part, path) !== null || starsOf(`${part}.*`, path) !== null
    : path === part || path.startsWith(`${part}.`);

/** The path of a member relative to its model; the whole path for one of another model that the model uses. */
export const relativePath = (path: string, prefix: string): string =>
  path.startsWith(`${prefix}.`) ? path.slice(prefix.length + 1) : path;

/** Whether the part of this path is frozen: it does not train, and runs as in inference. */
export const isFrozen = ({ frozen }: Pick<Context, "frozen">, path: string): boolean =>
  frozen.some(({ part, only }) => isUnder(path, part) && (only === null || matches(only, path, part)));

/** Whether a pattern such as `*.w` matches a path, whole or relative to the model, or that of a part around it. */
export const matches = (pattern: string, path: string, prefix: string): boolean =>
  isUnder(path, pattern) || isUnder(relativePath(path, prefix), pattern);

/** Records a param or state under every model and layer whose application is in progress. */
export function noteMember(context: Context, frame: Frame, { path, kind }: Declared): void {
  const { program, paramsUnder } = context;
  for (let at: Frame | null = frame; at !== null; at = at.parent) {
    if (at.kind !== "entry") add(program.members, at.path, path);
    if (kind === "param") add(paramsUnder, at.path, path);
  }
}

function add(under: Map<string, Set<string>>, prefix: string, path: string): void {
  const known = under.get(prefix) ?? new Set<string>();
  known.add(path);
  under.set(prefix, known);
}

/** Paths under a prefix. A model that uses another model includes its params, whatever their path. */
function pathsUnder(all: ReadonlyMap<string, ReadonlySet<string>>, prefix: string): readonly string[] {
  const own = all.get(prefix) ?? new Set([...all.values()].flatMap((paths) => [...paths]));
  return all.has(prefix) ? [...own] : [...own].filter((path) => isUnder(path, prefix));
}

/** The params that this entry has used so far, by path. */
export const paramsHere = ({ paramsUnder }: Context, prefix: string): readonly string[] =>
  pathsUnder(paramsUnder, prefix);

/**
 * The params and states that all entries use, of a model or a part of one; none if they are not known at all. A copy
 * that no entry has applied yet has those of its original.
 */
export function membersOf(context: Context, prefix: string): readonly Declared[] {
  const { members, declared, copies } = context.program;
  const found = pathsUnder(members, prefix).flatMap((path) => declared.get(path) ?? []);
  const [name = "", ...rest] = prefix.split(".");
  const original = copies.get(name);
  if (found.length === 0 && original !== undefined)
    return membersOf(context, [original, ...rest].join(".")).map((member) => copied(context, member, original, name));
  waitForMembers(context, found.length > 0);
  return found;
}

/** The member of a copy; that of another model, which the original uses, is shared. */
function copied({ program }: Context, member: Declared, original: string, copy: string): Declared {
  if (!isUnder(member.path, original)) return member;
  const path = `${copy}.${relativePath(member.path, original)}`;
  const own = program.declared.get(path) ?? { ...member, path };
  program.declared.set(path, own);
  add(program.members, copy, path);
  return own;
}
