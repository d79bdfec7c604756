import type { Expr } from "../../kernel/ir.ts";
import { present } from "../../support/invariant.ts";
import { at } from "../../support/lists.ts";
import type { FlatLoop, FlatStmt } from "./flatten.ts";
import { linear, plus, termsKey, type Linear, type Term } from "./linear.ts";
import { blocksOf, statementsOf, valuesOf, within } from "./walk.ts";

/**
 * A local that holds the address of `buffer[terms + bias]` inside the loop that owns it. It is set at the loop's entry
 * and moves with the loop's variable (`coefficient` elements per unit; 0 for a loop-invariant address).
 */
export interface Pointer {
  readonly buffer: string;
  readonly owner: FlatLoop;
  readonly terms: ReadonlyMap<string, Term>;
  readonly coefficient: number;
  bias: number;
}

/** An address: a pointer (null for the buffer's start), terms to be added at the use, and a constant; in elements. */
export interface Located {
  readonly pointer: Pointer | null;
  readonly inline: readonly Term[];
  readonly constant: number;
}

/**
 * The terms that a pointer can hold, with the loop that owns it (null if there are no such terms), and the other terms.
 */
interface Split {
  readonly owner: FlatLoop | null;
  readonly terms: ReadonlyMap<string, Term>;
  readonly inline: readonly Term[];
}

/**
 * Strength reduction of addresses. Every access is `start + terms + constant`. Accesses of one loop that differ only in
 * the constant share a pointer, which is bumped once per iteration; their constants become offsets in the instructions.
 * Other terms that vary inside the loop (a `let`, a division) are added at the use.
 *
 * An instruction's offset is not negative and does not wrap, so a pointer must itself be a valid address whenever it is
 * used: its bias is the smallest constant among accesses that are always executed together (those under one guard).
 */
export class Addresses {
  /** Names whose values are used in addresses. */
  readonly needed = new Set<string>();
  readonly #lets = new Map<string, Expr>();
  readonly #forms = new Map<string, Linear | null>();
  readonly #positions = new Map<Expr, Linear>();
  readonly #splits = new Map<FlatLoop, Map<ReadonlyMap<string, Term>, Split>>();
  readonly #defined = new Map<FlatLoop, ReadonlySet<string>>();
  readonly #pointers = new Map<FlatLoop, Map<string, Pointer>>();
  /**
   * Addresses that may use a pointer of any guard with the same terms, since no instruction accesses memory at them
   * directly.
   */
  readonly #loose = new Map<FlatLoop, (readonly [buffer: string, form: Linear])[]>();
  readonly #guards = new Map<readonly FlatStmt[], string>();

  constructor(body: readonly FlatStmt[]) {
    for (const stmt of statementsOf(body)) if (stmt.kind === "let") this.#lets.set(stmt.name, stmt.value);
    this.#visit(body, [], "");
  }

  pointersOf(loop: FlatLoop): readonly Pointer[] {
    return [...(this.#pointers.get(loop)?.values() ?? [])];
  }

  /** The guard of a block that may be skipped; otherwise that of the enclosing block. */
  guardOf(block: readonly FlatStmt[], outer: string): string {
    return this.#guards.get(block) ?? outer;
  }

  form(at: Expr): Linear {
    const known = this.#positions.get(at);
    if (known !== undefined) return known;
    const form = linear(at, (name) => this.#expand(name));
    this.#positions.set(at, form);
    return form;
  }

  /** The initial address of a pointer, in terms of values that are known at its loop's entry. */
  start(pointer: Pointer): Linear {
    const { owner, terms, coefficient, bias } = pointer;
    const kept = new Map([...terms].filter(([key]) => key !== owner.name));
    return plus({ terms: kept, constant: bias }, this.form(owner.from), coefficient);
  }

  /**
   * The address of an access under `guard`, or, without a guard, an address that is not accessed directly. `chain` is
   * the enclosing loops, outermost first.
   */
  locate(chain: readonly FlatLoop[], buffer: string, form: Linear, guard: string | null): Located {
    const { owner, terms, inline } = this.#split(chain, form.terms);
    if (owner === null) return { pointer: null, inline, constant: form.constant };
    const all = present(this.#pointers.get(owner), "the loop has no pointers");
    const pointer =
      (guard === null || inline.length > 0 ? null : all.get(pointerKey(buffer, terms, guard))) ??
      anyWith(all, buffer, terms);
    return {
      pointer: present(pointer, "no pointer has these terms"),
      inline,
      constant: (form.constant - (pointer?.bias ?? 0)) | 0,
    };
  }

  #expand(name: string): Linear | null {
    const known = this.#forms.get(name);
    if (known !== undefined) return known;
    const value = this.#lets.get(name);
    const form = value?.type.scalar === "i32" && value.type.lanes === 1 ? this.form(value) : null;
    const transparent = form !== null && [...form.terms.values()].every((t) => t.expr.kind === "var") ? form : null;
    this.#forms.set(name, transparent);
    return transparent;
  }

  #visit(block: readonly FlatStmt[], chain: readonly FlatLoop[], guard: string): void {
    for (const stmt of block) {
      for (const value of valuesOf(stmt)) this.#loads(value, chain, guard);
      if (stmt.kind === "store") this.#access(chain, stmt.buffer, this.form(stmt.at), guard);
      if (stmt.kind === "for") this.#loop(stmt, chain, guard);
      else
        for (const inner of blocksOf(stmt)) {
          if (stmt.kind === "if") this.#guards.set(inner, `guard ${this.#guards.size}`);
          this.#visit(inner, chain, this.guardOf(inner, guard));
        }
    }
  }

  #loop(loop: FlatLoop, chain: readonly FlatLoop[], guard: string): void {
    const pointers = new Map<string, Pointer>();
    const loose: (readonly [string, Linear])[] = [];
    this.#pointers.set(loop, pointers);
    this.#loose.set(loop, loose);
    this.#defined.set(loop, definedIn(loop));
    if (loop.trips === null) this.#guards.set(loop.body, `guard ${this.#guards.size}`);
    this.#visit(loop.body, [...chain, loop], this.guardOf(loop.body, guard));
    for (const [buffer, form] of loose)
      if (anyWith(pointers, buffer, form.terms) === undefined)
        pointers.set(pointerKey(buffer, form.terms, "loose"), point(buffer, loop, form));
    for (const pointer of pointers.values()) this.#access(chain, pointer.buffer, this.start(pointer), null);
  }

  #loads(value: Expr, chain: readonly FlatLoop[], guard: string): void {
    for (const x of within(value)) if (x.kind === "load") this.#access(chain, x.buffer, this.form(x.at), guard);
  }

  #access(chain: readonly FlatLoop[], buffer: string, form: Linear, guard: string | null): void {
    const { owner, terms, inline } = this.#split(chain, form.terms);
    for (const { expr } of inline) {
      for (const x of within(expr)) if (x.kind === "var") this.needed.add(x.name);
      this.#loads(expr, chain, guard ?? `start in ${chain.length}`);
    }
    if (owner === null) return;
    const own: Linear = { terms, constant: form.constant };
    if (guard === null || inline.length > 0) {
      present(this.#loose.get(owner), "the loop is open").push([buffer, own]);
      return;
    }
    const pointers = present(this.#pointers.get(owner), "the loop is open");
    const key = pointerKey(buffer, terms, guard);
    const known = pointers.get(key);
    if (known === undefined) pointers.set(key, point(buffer, owner, own));
    else known.bias = Math.min(known.bias, form.constant);
  }

  #split(chain: readonly FlatLoop[], terms: ReadonlyMap<string, Term>): Split {
    const innermost = chain.at(-1);
    if (innermost === undefined) return { owner: null, terms: new Map(), inline: [...terms.values()] };
    const known = this.#splits.get(innermost) ?? new Map<ReadonlyMap<string, Term>, Split>();
    this.#splits.set(innermost, known);
    const split = known.get(terms) ?? this.#splitIn(innermost, chain, terms);
    known.set(terms, split);
    return split;
  }

  #splitIn(innermost: FlatLoop, chain: readonly FlatLoop[], terms: ReadonlyMap<string, Term>): Split {
    const inline = [...terms.values()].filter((t) => !this.#holds(innermost, t));
    const held = inline.length === 0 ? terms : new Map([...terms].filter(([, t]) => this.#holds(innermost, t)));
    if (held.size === 0) return { owner: null, terms: held, inline };
    for (let depth = chain.length - 1; depth > 0; depth--) {
      const loop = at(chain, depth);
      const outer = at(chain, depth - 1);
      if (held.has(loop.name) || ![...held.values()].every((t) => this.#holds(outer, t)))
        return { owner: loop, terms: held, inline };
    }
    return { owner: at(chain, 0), terms: held, inline };
  }

  /** Whether the term is the loop's variable or is known at the loop's entry. */
  #holds(loop: FlatLoop, { expr }: Term): boolean {
    if (expr.kind === "var" && expr.name === loop.name) return true;
    const inside = present(this.#defined.get(loop), "the loop is open");
    for (const x of within(expr))
      if (x.kind === "load" || x.kind === "register" || (x.kind === "var" && inside.has(x.name))) return false;
    return true;
  }
}

const pointerKey = (buffer: string, terms: ReadonlyMap<string, Term>, guard: string): string =>
  `${buffer} ${termsKey(terms)} ${guard}`;

const point = (buffer: string, owner: FlatLoop, form: Linear): Pointer => ({
  buffer,
  owner,
  terms: form.terms,
  coefficient: form.terms.get(owner.name)?.coefficient ?? 0,
  bias: form.constant,
});

function anyWith(
  pointers: ReadonlyMap<string, Pointer>,
  buffer: string,
  terms: ReadonlyMap<string, Term>,
): Pointer | undefined {
  const key = termsKey(terms);
  for (const pointer of pointers.values())
    if (pointer.buffer === buffer && termsKey(pointer.terms) === key) return pointer;
  return undefined;
}

function definedIn(loop: FlatLoop): ReadonlySet<string> {
  const names = new Set([loop.name]);
  for (const stmt of statementsOf(loop.body))
    if (stmt.kind === "let" || stmt.kind === "var" || stmt.kind === "for") names.add(stmt.name);
  return names;
}
