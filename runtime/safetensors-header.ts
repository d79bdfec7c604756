/** An invalid header; the message completes "not a valid safetensors file: ...". */
type Refuse = (says: string) => never;

/** An entry of a header as written: its fields have the right kinds, but their values are unchecked. */
export interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly offsets: readonly number[];
}

export interface Header {
  readonly entries: ReadonlyMap<string, HeaderEntry>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** More than any model has, and small enough to bound the memory for a header that contains only names. */
const maxEntries = 100_000;
const maxAxes = 64;

const whitespace = " \t\r\n";
const sizes = /(?:0|[1-9]\d{0,15})(?![\d.eE])/y;
const plainText = /[^"\\\n]*/y;

/**
 * Parses the JSON of a header from left to right and stops at the first invalid character, instead of calling
 * `JSON.parse`: a short text can describe a large value, and `JSON.parse` silently keeps the last of two entries with
 * the same name.
 */
export function readHeader(text: string, refuse: Refuse): Header {
  const entries = new Map<string, HeaderEntry>();
  const metadata = new Map<string, string>();
  let at = 0;

  const match = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? "";
    at += found.length;
    return found;
  };
  const skip = (): void => {
    while (at < text.length && whitespace.includes(text.charAt(at))) at++;
  };
  const accept = (sign: string): boolean => {
    skip();
    if (text[at] !== sign) return false;
    at++;
    skip();
    return true;
  };
  const expect = (sign: string): boolean =>
    accept(sign) || refuse(`syntax error in the header at character ${at}: expected ${sign}`);

  function string(): string {
    skip();
    const start = at;
    expect('"');
    at = start + 1;
    match(plainText);
    while (text[at] === "\\") {
      at += 2;
      match(plainText);
    }
    if (text[at++] !== '"') return refuse(`syntax error in the header at character ${start}: unterminated string`);
    try {
      return JSON.parse(text.slice(start, at)) as string;
    } catch {
      return refuse(`syntax error in the header at character ${start}: invalid string`);
    }
  }

  /** `item, item` in brackets. */
  function list(open: string, close: string, item: () => void): void {
    expect(open);
    if (accept(close)) return;
    do item();
    while (accept(","));
    expect(close);
  }

  /** `{"name": value}`; `value` reads what follows the colon. */
  function object(what: string, has: (name: string) => boolean, value: (name: string) => void): void {
    list("{", "}", () => {
      const name = string();
      if (has(name)) refuse(`${what} has two entries named \`${name}\``);
      expect(":");
      value(name);
    });
  }

  function numbers(name: string, field: string): readonly number[] {
    const items: number[] = [];
    list("[", "]", () => {
      const digits = match(sizes);
      if (digits === "" || items.length === maxAxes || !Number.isSafeInteger(Number(digits)))
        refuse(`\`${name}\` has an invalid ${field}`);
      items.push(Number(digits));
    });
    return items;
  }

  function entry(name: string): HeaderEntry {
    const fields: { dtype?: string; shape?: readonly number[]; data_offsets?: readonly number[] } = {};
    object(
      `\`${name}\``,
      (field) => Object.hasOwn(fields, field),
      (field) => {
        if (field === "dtype") fields.dtype = string();
        else if (field === "shape" || field === "data_offsets") fields[field] = numbers(name, field);
        else refuse(`\`${name}\` has an unknown field \`${field}\``);
      },
    );
    const { dtype, shape, data_offsets: offsets } = fields;
    return dtype === undefined || shape === undefined || offsets === undefined
      ? refuse(`\`${name}\` has no dtype, shape or data_offsets`)
      : { dtype, shape, offsets };
  }

  let described = false;
  object(
    "the header",
    (name) => (name === "__metadata__" ? described : entries.has(name)),
    (name) => {
      if (name === "__metadata__") {
        described = true;
        object(
          "the metadata",
          (key) => metadata.has(key),
          (key) => metadata.set(key, text[at] === '"' ? string() : refuse("a value of the metadata is not a string")),
        );
      } else if (entries.size === maxEntries) refuse(`it has more than ${maxEntries} tensors`);
      else entries.set(name, entry(name));
    },
  );
  if (at < text.length) refuse("unexpected text after the header");
  return { entries, metadata };
}
