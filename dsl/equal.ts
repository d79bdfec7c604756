/** The fields that hold locations. */
export const spanFields: ReadonlySet<string> = new Set(["span", "opSpan", "fromSpan", "titleSpan"]);

/** The tree without its spans: two texts have the same meaning if these are deeply equal. */
export function stripSpans(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripSpans);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !spanFields.has(key))
      .map(([key, child]) => [key, stripSpans(child)]),
  );
}
