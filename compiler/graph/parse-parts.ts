import { dtypes } from "../../runtime/dtype.ts";
import type { DType } from "../../runtime/model.ts";
import { tensor, type TensorType } from "../types/tensor-type.ts";
import type { Attr, Attrs, Notes, MemoryLocation } from "./ir.ts";
import type { AttrKind, Op } from "./op.ts";
import type { TokenReader } from "./tokens.ts";
import { product } from "../support/lists.ts";

/** The maximal rank of a tensor, and the maximal length of an attribute that has an item per axis. */
const mostAxes = 64;

/** `f32[32,10]` */
export function parseType(reader: TokenReader): TensorType {
  const dtype = parseDType(reader);
  reader.expect("[");
  const start = reader.peek();
  const shape = reader.takeList("]", () => reader.takeInt(), mostAxes);
  const size = product(shape);
  if (shape.some((d) => d < 0 || Object.is(d, -0)) || !Number.isSafeInteger(size))
    reader.fail(start, "ir-type", "these are not the sizes of a tensor");
  return tensor(dtype, shape);
}

function parseDType(reader: TokenReader): DType {
  const token = reader.takeKind("name", "a dtype");
  return Object.hasOwn(dtypes, token.text)
    ? (token.text as DType)
    : reader.fail(token, "ir-type", `unknown dtype ${token.text}`);
}

const parseInts = (reader: TokenReader): number[] => {
  reader.expect("[");
  return reader.takeList("]", () => reader.takeInt(), mostAxes);
};

const attrParsers = {
  int: (reader) => reader.takeInt(),
  ints: parseInts,
  float: (reader) => reader.takeNumber(),
  floats: (reader) => parseNumbers(reader),
  bool: (reader) => reader.accept("true") || (reader.expect("false"), false),
  string: (reader) => reader.takeString("a quoted string"),
  dtype: parseDType,
  pairs: (reader) => {
    reader.expect("[");
    return reader.takeList("]", () => parseInts(reader), mostAxes);
  },
} satisfies Record<AttrKind, (reader: TokenReader) => Attr>;

export const parseAttr = (reader: TokenReader, kind: AttrKind): Attr => attrParsers[kind](reader);

/** `[0.5, -inf]` */
export function parseNumbers(reader: TokenReader): number[] {
  reader.expect("[");
  return reader.takeList("]", () => reader.takeNumber());
}

/** `{stride=[1,1], groups=2}`, or nothing; adds the op's defaults. */
export function parseAttrs(reader: TokenReader, op: Op): Attrs {
  const attrs = new Map<string, Attr>();
  const start = reader.peek();
  if (reader.accept("{"))
    reader.takeList("}", () => {
      const token = reader.takeKind("name", "the name of an attribute");
      const kind = Object.hasOwn(op.attrs, token.text) ? op.attrs[token.text] : undefined;
      if (kind === undefined) return reader.fail(token, "ir-type", `${op.name} has no attribute ${token.text}`);
      if (attrs.has(token.text)) reader.fail(token, "ir-name", `${token.text} is given twice`);
      reader.expect("=");
      return attrs.set(token.text, parseAttr(reader, kind));
    });
  const missing = Object.keys(op.attrs).find((name) => !attrs.has(name) && !Object.hasOwn(op.defaults, name));
  if (missing !== undefined) reader.fail(start, "ir-type", `${op.name} needs the attribute ${missing}`);
  return { ...op.defaults, ...Object.fromEntries(attrs) };
}

/** `@weights @group=3 @frame=64 @scratch+4096,@-`, or nothing. */
export function parseNotes(reader: TokenReader): Notes {
  let notes: Notes = {};
  while (reader.accept("@")) {
    if (reader.accept("weights")) notes = { ...notes, stage: "weights" };
    else if (reader.accept("group")) {
      reader.expect("=");
      notes = { ...notes, group: reader.takeInt() };
    } else if (reader.accept("frame")) {
      reader.expect("=");
      notes = { ...notes, frame: reader.takeInt() };
    } else notes = { ...notes, locations: parseMemoryLocations(reader) };
  }
  return notes;
}

function parseMemoryLocations(reader: TokenReader): (MemoryLocation | null)[] {
  const locations = [parseMemoryLocation(reader)];
  while (reader.peek().text === "," && reader.peek(1).text === "@") {
    reader.expect(",");
    reader.expect("@");
    locations.push(parseMemoryLocation(reader));
  }
  return locations;
}

const areas = ["scratch", "cache", "constant"] as const;
const regionAreas = ["operand", "result", "carry"] as const;

function parseMemoryLocation(reader: TokenReader): MemoryLocation | null {
  if (reader.accept("-")) return null;
  if (reader.peek().kind === "string") return { area: "persistent", path: reader.takeString("a path") };
  const token = reader.takeKind("name", "a memory location");
  const area = areas.find((name) => name === token.text);
  const regionArea = regionAreas.find((name) => name === token.text);
  if (regionArea !== undefined) {
    reader.expect("+");
    return { area: regionArea, index: reader.takeInt() };
  }
  if (area === undefined) return reader.fail(token, "ir-syntax", `unknown note ${token.text}`);
  reader.expect("+");
  return { area, offset: reader.takeInt() };
}
