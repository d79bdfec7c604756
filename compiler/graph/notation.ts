import { locationOf } from "../../dsl/span.ts";
import { present } from "../support/invariant.ts";
import { showType } from "../types/tensor-type.ts";
import type { Attr, Node, Notes, MemoryLocation } from "./ir.ts";
import { sameAttr } from "./facts.ts";
import type { AttrKind } from "./op.ts";
import { spanOf } from "./provenance.ts";

/** Shortest text that reads back as the same f64: `0.1`, `1e-7`, `-0`, `inf`, `-inf`, `nan`. */
export function showNumber(x: number): string {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  return Object.is(x, -0) ? "-0" : String(x);
}

/** A name, quoted unless it consists of words separated by dots. */
export const showName = (name: string): string => (/^[A-Za-z_]\w*(\.\w+)*$/.test(name) ? name : JSON.stringify(name));

function showAttr(attr: Attr, kind: AttrKind): string {
  if (typeof attr === "number") return showNumber(attr);
  if (typeof attr === "boolean") return String(attr);
  if (typeof attr === "string") return kind === "dtype" ? attr : JSON.stringify(attr);
  return `[${attr.map((x) => showAttr(x, kind)).join(",")}]`;
}

/** `{stride=[2,2], groups=2}`, without attributes that equal the op's default; empty if none is left. */
export function showAttrs({ op, attrs }: Node): string {
  const parts = Object.entries(op.attrs).flatMap(([name, kind]) => {
    const attr = attrs[name];
    return attr === undefined || sameAttr(attr, op.defaults[name]) ? [] : [`${name}=${showAttr(attr, kind)}`];
  });
  return parts.length === 0 ? "" : `{${parts.join(", ")}}`;
}

/**
 * A single node, for messages: `dot f32[4,3], f32[3,2] {contract=[[1],[0]]} of lenet.dl:4:3`. Long attributes are
 * truncated.
 */
export function showNode(node: Node): string {
  const attrs = showAttrs(node);
  const cut = attrs.length > 120 ? `${attrs.slice(0, 120)}…` : attrs;
  const text = [node.op.name, node.operands.map((value) => showType(value.type)).join(", "), cut]
    .filter((part) => part !== "")
    .join(" ");
  const span = spanOf(node);
  return span === null ? text : `${text} of ${locationOf(span)}`;
}

/** `@weights @group=3 @frame=64 @scratch+4096,@-` */
export function showNotes({ stage, group, frame, locations }: Notes): string {
  const number = (name: string, value: number | undefined): string => (value === undefined ? "" : `@${name}=${value}`);
  const parts = [
    stage === undefined ? "" : `@${stage}`,
    number("group", group),
    number("frame", frame),
    locations?.map(showMemoryLocation).join(",") ?? "",
  ];
  return parts.filter((part) => part !== "").join(" ");
}

export function showMemoryLocation(location: MemoryLocation | null): string {
  if (location === null) return "@-";
  if (location.area === "persistent") return `@${JSON.stringify(location.path)}`;
  return `@${location.area}+${"index" in location ? location.index : location.offset}`;
}

/** Whether the notes are not empty; locations that are all null count as empty. */
export const telling = ({ stage, group, frame, locations }: Notes): boolean =>
  stage !== undefined ||
  group !== undefined ||
  frame !== undefined ||
  (locations?.some((location) => location !== null) ?? false);

/** The suffixes of a path, shortest first: `w`, `conv1.w`, `LeNet.conv1.w`; only those that need no quotes. */
export function suffixes(path: string): readonly string[] {
  const words = path.split(".");
  return words
    .map((_, index) => words.slice(words.length - 1 - index).join("."))
    .filter((suffix) => showName(suffix) === suffix);
}

/** The name of each path within a list: its shortest suffix that is unique and not `taken`; null if none is. */
export function shortNames(paths: readonly string[], taken: ReadonlySet<string>): readonly (string | null)[] {
  const count = new Map<string, number>();
  for (const path of paths) for (const suffix of suffixes(path)) count.set(suffix, (count.get(suffix) ?? 0) + 1);
  return paths.map(
    (path) =>
      suffixes(path).find(
        (suffix) => present(count.get(suffix), "every suffix is counted") === 1 && !taken.has(suffix),
      ) ?? null,
  );
}
