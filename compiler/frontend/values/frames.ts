import type { Span } from "../../../dsl/span.ts";

/**
 * Paths of params. A frame is one application of a model or layer; its children are named after the layer and numbered
 * in order of use (`LeNet.conv1`, `LeNet.conv2`), or after the `let` that named the instance. The names are remembered
 * by source span for the whole program, so that an `if train` in one entry does not shift the numbers in another.
 */
export interface Frame {
  /** Empty at the root of `init`. */
  readonly path: string;
  /**
   * The layer that its nodes belong to: the frame itself, or, of an optimizer, the layer of the param that it updates.
   */
  readonly layer: string;
  readonly parent: Frame | null;
  readonly kind: "entry" | "model" | "layer" | "optimizer" | "repeat" | "init";
  /** Names declared by `param` and `state` in this application, to catch a second declaration. */
  readonly declared: Map<string, Span>;
  /** How often each span has been evaluated in this application. */
  readonly evaluated: Map<string, number>;
}

/** One use of a layer. All calls of the same instance share its params. */
export interface Instance {
  readonly frame: Frame;
  /** The span that made it, and how often that span had been evaluated before. */
  readonly key: string;
  /** From `let enc = ...`; null is numbered after the layer's own name. */
  readonly hint: string | null;
}

/** By frame path: the name of each child by span, and the names in use. */
export type Naming = Map<string, { readonly bySpan: Map<string, string>; readonly taken: Set<string> }>;

export function makeFrame(kind: Frame["kind"], path: string, parent: Frame | null, layer = path): Frame {
  return { kind, path, layer, parent, declared: new Map(), evaluated: new Map() };
}

export const joinPath = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);

export const spanKey = (site: Span): string => `${site.source.name}:${site.start}:${site.end}`;

/** Each evaluation of the same span within one application makes another instance. */
export function makeInstance(frame: Frame, site: Span): Instance {
  const key = spanKey(site);
  const count = frame.evaluated.get(key) ?? 0;
  frame.evaluated.set(key, count + 1);
  return { frame, key: `${key}#${count}`, hint: null };
}

export function instancePath(naming: Naming, instance: Instance, layer: string): string {
  return childPath(naming, instance.frame.path, instance.key, instance.hint ?? layer, instance.hint !== null);
}

/**
 * The path of a child, the same for the same key. An explicit name is kept if it is free; others are numbered from 1.
 */
export function childPath(naming: Naming, path: string, key: string, base: string, own: boolean): string {
  const { bySpan, taken } = children(naming, path);
  const name = bySpan.get(key) ?? freeName(taken, base, own);
  bySpan.set(key, name);
  return joinPath(path, name);
}

/** Reserves a param's name, so that no child gets it. */
export function reserve(naming: Naming, path: string, name: string): void {
  children(naming, path).taken.add(name);
}

function children(naming: Naming, path: string): { bySpan: Map<string, string>; taken: Set<string> } {
  const known = naming.get(path) ?? { bySpan: new Map<string, string>(), taken: new Set<string>() };
  naming.set(path, known);
  return known;
}

function freeName(taken: Set<string>, base: string, own: boolean): string {
  for (let k = 1; ; k++) {
    const name = own && k === 1 ? base : `${base}${k}`;
    if (taken.has(name)) continue;
    taken.add(name);
    return name;
  }
}
