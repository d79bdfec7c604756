// The body of a declaration under construction: statements, and the values in scope with their types.
import type { Draw } from "../draw.ts";
import { isLiteral, literal, named, same, sizeOf, type Dim } from "./dims.ts";
import { parseNeeds, parseType, type ParsedDim, type ParsedType, type Row } from "./row.ts";

export interface Known {
  readonly text: string;
  readonly dtype: string;
  readonly dims: readonly Dim[];
}

export type BodyKind = "fn" | "layer" | "model" | "entry" | "train" | "draw";

/** Whether it is the body of an entry, in one of its modes. */
export const ofEntry = (kind: BodyKind): boolean => kind === "entry" || kind === "train" || kind === "draw";

/** The counter for unique names in a program. */
export interface Names {
  next: number;
}

/** Sizes that shape a layer's params: the same in all sets of dims. */
const channels = new Set(["K", "C", "D", "E"]);
const mostElements = 400;
const elements = (dims: readonly Dim[]): number => dims.reduce((n, { sizes }) => n * Math.max(...sizes), 1);

type Bound = [Map<string, Dim>, Map<string, readonly Dim[]>];

interface Fit {
  readonly v: Known;
  readonly found: Bound;
}

export class Body {
  readonly params: Known[] = [];
  readonly lines: string[] = [];
  readonly scope: Known[] = [];
  /** Names of sizes that the next parameter may bind. */
  private readonly pending = new Set<Dim>();
  readonly kind: BodyKind;
  readonly draw: Draw;
  private readonly names: Names;
  private readonly declared: boolean;

  constructor(kind: BodyKind, draw: Draw, names: Names, declared: boolean) {
    this.kind = kind;
    this.draw = draw;
    this.names = names;
    this.declared = declared;
  }

  fresh = (): number => this.names.next++;
  private chance = (percent: number): boolean => this.draw.below(100) < percent;
  private get calls(): boolean {
    return !ofEntry(this.kind);
  }

  /** Names of sizes that the signature binds. */
  get symbols(): readonly Dim[] {
    return this.params.flatMap(({ dims }) => dims.filter(({ text }) => text !== null && /^[A-Z]\d*$/.test(text)));
  }

  /** A size for a new parameter. */
  newDim(least = 1, factor = 1, fixed = false): Dim {
    const { draw } = this;
    const fits = ({ sizes }: Dim): boolean =>
      sizes.every((size) => size >= least && size % factor === 0) &&
      (!(fixed || factor > 1) || isLiteral({ text: null, sizes }));
    const old = this.symbols.filter(fits);
    if (old.length > 0 && this.chance(30)) return draw.pick(old);
    const outside = Object.entries(named)
      .map(([text, sizes]): Dim => ({ text, sizes }))
      .filter(fits);
    const size = literal(draw.pick([1, 2, 3, 4, 5, 6, 8].filter((n) => n >= least && n % factor === 0)));
    const basis = outside.length > 0 && this.chance(40) ? draw.pick(outside) : size;
    if (!this.calls || (isLiteral(basis) && this.chance(30)) || (this.declared && !isLiteral(basis) && this.chance(30)))
      return basis;
    const dim = { text: `${draw.pick(["A", "B", "H", "K"])}${this.fresh()}`, sizes: basis.sizes };
    this.pending.add(dim);
    return dim;
  }

  /** A size from another declaration, by a name that is valid in this body. */
  renamed(dim: Dim): Dim {
    if (this.pending.has(dim) || this.symbols.includes(dim)) return dim;
    if (isLiteral(dim)) return literal(dim.sizes[0]);
    const own = this.symbols.find((other) => same(other, dim));
    if (own !== undefined) return own;
    const outside = Object.entries(named).find(([, sizes]) => same({ text: null, sizes }, dim))?.[0];
    return { text: outside !== undefined && this.declared ? outside : null, sizes: dim.sizes };
  }

  /** A new parameter; null if its type cannot be written here. */
  private input(dtype: string, dims: readonly Dim[]): Known | null {
    if (this.params.length >= 6) return null;
    const written = dims.map((dim): Dim => {
      const known = this.renamed(dim);
      if (known.text !== null) return known;
      const outside = Object.entries(named).find(([, sizes]) => same({ text: null, sizes }, dim))?.[0];
      if (outside === undefined || this.calls) return known;
      return { text: outside, sizes: dim.sizes };
    });
    if (written.some(({ text }) => text === null)) return null;
    const value = { text: `x${this.fresh()}`, dtype, dims: written };
    this.params.push(value);
    this.scope.push(value);
    return value;
  }

  /** A value of exactly this type. */
  of(dtype: string, dims: readonly Dim[]): Known | null {
    const fits = this.scope.filter(
      (v) => v.dtype === dtype && v.dims.length === dims.length && v.dims.every((dim, k) => same(dim, dims[k] ?? dim)),
    );
    if (fits.length > 0 && this.chance(80)) return this.draw.pick(fits);
    return this.input(dtype, dims) ?? fits[0] ?? null;
  }

  /** Matches the dims of a value with a pattern, given the bindings so far; null if they do not match. */
  private match(
    pattern: readonly ParsedDim[],
    dims: readonly Dim[],
    bound: ReadonlyMap<string, Dim>,
    packs: ReadonlyMap<string, readonly Dim[]>,
    fixed: boolean,
  ): Bound | null {
    const sizes = new Map(bound);
    const lists = new Map(packs);
    const extra = dims.length - pattern.filter(({ pack }) => !pack).length;
    if (extra < 0 || (extra > 0 && !pattern.some(({ pack }) => pack))) return null;
    let at = 0;
    for (const { pack, text, least, factor } of pattern) {
      if (pack) {
        const part = dims.slice(at, at + extra);
        at += extra;
        const known = lists.get(text);
        if (
          known !== undefined &&
          (known.length !== part.length || known.some((dim, k) => !same(dim, part[k] ?? literal(-1))))
        )
          return null;
        lists.set(text, part);
        continue;
      }
      const dim = dims[at++] ?? literal(1);
      const wanted = /^\d+$/.test(text) ? literal(Number(text)) : sizes.get(text);
      if (wanted !== undefined && !same(wanted, dim)) return null;
      if (
        dim.sizes.some((size) => size < least || size % factor !== 0) ||
        ((factor > 1 || (fixed && channels.has(text))) && !isLiteral(dim))
      )
        return null;
      sizes.set(text, dim);
    }
    return [sizes, lists];
  }

  private made(
    { dims }: ParsedType,
    sizes: Map<string, Dim>,
    packs: Map<string, readonly Dim[]>,
    how: "grows" | "fixed" | "known",
  ): Dim[] {
    return dims.flatMap(({ pack, text, least, factor }): readonly Dim[] => {
      if (pack) {
        const list = packs.get(text) ?? Array.from({ length: this.draw.below(3) }, () => this.newDim());
        packs.set(text, list);
        return list;
      }
      if (how !== "known" && /^[A-Z]\w*$/.test(text) && !sizes.has(text))
        sizes.set(text, this.newDim(least, factor, how === "fixed" && channels.has(text)));
      return [sizeOf(text, sizes)];
    });
  }

  /** Adds the statement of a row, with values in scope or new parameters; false if it is not possible here. */
  add({ needs, write, result, within }: Row): boolean {
    if ((within !== "anywhere" && this.kind === "fn") || (within === "own" && !this.calls)) return false;
    const fixed = within !== "anywhere";
    const { draw } = this;
    let [sizes, packs]: Bound = [new Map(), new Map()];
    const values = new Map<string, Known>();
    let any: string | null = null as string | null;
    for (const { name, dtype, dims } of parseNeeds(needs)) {
      const kind: string | null = dtype === "T" ? any : dtype;
      const fitting: readonly Fit[] = this.scope
        .slice(-8)
        .filter((v) => (kind === null || v.dtype === kind) && v.text.length < 200)
        .flatMap((v) => {
          const found = this.match(dims, v.dims, sizes, packs, fixed);
          return found === null ? [] : [{ v, found }];
        });
      let chosen: Known | null = null;
      if (fitting.length > 0 && this.chance(85)) {
        const { v, found } = draw.pick(fitting);
        [chosen, [sizes, packs]] = [v, found];
      } else {
        const made = this.made({ dtype, dims }, sizes, packs, fixed ? "fixed" : "grows");
        if (elements(made) > mostElements) return false;
        const type = kind ?? draw.pick(["f32", "f32", "f32", "i32", "bool"]);
        chosen = this.of(type, made);
      }
      if (chosen === null) return false;
      if (dtype === "T") any = chosen.dtype;
      values.set(name, chosen);
    }
    const numbers = new Map<string, number | string>([
      ["n", draw.pick(["0.1", "0.25", "0.5", "rate"])],
      ["u", 1 + draw.below(5)],
      ["w", 1 + draw.below(4)],
      ["c", 4 + draw.below(3)],
      ["i", this.fresh()],
      ["j", this.fresh()],
      ["k", this.fresh()],
    ]);
    const filled = (text: string): string =>
      text.replaceAll(/\$([a-z])/g, (_, letter: string) => String(numbers.get(letter)));
    const type = parseType(filled(result));
    const dims = this.made(type, sizes, packs, "known");
    if (elements(dims) > mostElements || dims.some((dim) => dim.sizes.some((size) => size < 1))) return false;
    const letter = /@([A-Z])/g;
    if ([...write.matchAll(letter)].some(([, name = ""]) => sizes.get(name)?.text === null)) return false;
    const text = filled(chosen(write, draw))
      .replaceAll(letter, (_, name: string) => sizes.get(name)?.text ?? "")
      .replaceAll(/@([a-z])/g, (_, name: string) => values.get(name)?.text ?? "");
    this.say(text, type.dtype === "T" ? (any ?? "f32") : type.dtype, dims);
    return true;
  }

  /** Adds statements whose last is an expression, as a new value: a `let`, or inline if it is short. */
  say(text: string, dtype: string, dims: readonly Dim[]): Known {
    const cut = lastExpression(text);
    const expression = text.slice(cut);
    if (this.chance(20) && expression.length < 60 && !/[\n{"]|normal|uniform/.test(expression)) {
      if (cut > 0) this.lines.push(text.slice(0, cut).trimEnd());
      const inline = { text: `(${expression})`, dtype, dims };
      this.scope.push(inline);
      return inline;
    }
    return this.name(text, dtype, dims);
  }

  /** Adds the value as a `let`, so that the program computes it. */
  name(text: string, dtype: string, dims: readonly Dim[]): Known {
    const value = { text: `v${this.fresh()}`, dtype, dims };
    const cut = lastExpression(text);
    this.lines.push(`${text.slice(0, cut)}let ${value.text} = ${text.slice(cut)}`);
    this.scope.push(value);
    return value;
  }
}

/** The offset of the last statement of a text: its last line without indentation that does not close a block. */
function lastExpression(text: string): number {
  let at = 0;
  let start = 0;
  for (const line of text.split("\n")) {
    if (/^[^\s}]/.test(line) && !line.startsWith("//")) start = at;
    at += line.length + 1;
  }
  return start;
}

/** A text with one of each `?{a|b}` in it, which may hold others. */
function chosen(text: string, draw: Draw): string {
  const inner = text.replaceAll(/\?\{([^{}]*)\}/g, (_, choices: string) => draw.pick(choices.split(/\|(?!> )/)));
  return inner === text ? text : chosen(inner, draw);
}
