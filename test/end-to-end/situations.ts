// Situations that were reported to other frameworks, re-enacted. The right values follow from a definition, by hand or
// by a formula in f64, and hold for strict code on every target. docs/trust.md lists them.
import { describe, expect, test } from "vitest";
import { compile, type Inputs, type Model } from "../../cli/api.ts";
import { present } from "../../compiler/support/invariant.ts";

type Numbers = ArrayLike<number>;

export interface Situation {
  /** Where it was reported: repository#number. */
  readonly source: string;
  readonly title: string;
  /** Declarations with one entry; names are unique in a file of situations. */
  readonly text: string;
  readonly inputs?: Inputs;
  /** Values of params and state. */
  readonly state?: Readonly<Record<string, Numbers>>;
  /** The right value of each output, or what the error of the call says. */
  readonly wanted: Readonly<Record<string, Numbers>> | RegExp;
  /** The largest error, as a share of the largest wanted number; 0 by default. */
  readonly within?: number;
  /** Whether `within` is a share of each number instead. */
  readonly each?: boolean;
  /** How many calls; the last one is compared. */
  readonly calls?: number;
}

const targets = ["wasm", "js", "reference"] as const;

const entryName = (text: string): string => present(/entry (\w+)/.exec(text)?.[1], text);

/** The first element that is wrong; a NaN must be a NaN. The sign of a zero is not defined. */
function wrong(got: Numbers, wanted: Numbers, within: number, each: boolean): string | null {
  if (got.length !== wanted.length) return `${got.length} elements, not ${wanted.length}`;
  const largest = Math.max(...Array.from(wanted, Math.abs).filter(Number.isFinite), 0);
  for (let i = 0; i < wanted.length; i++) {
    const [a, b] = [Number(got[i]), Number(wanted[i])];
    const right =
      a === b || (Number.isNaN(a) && Number.isNaN(b)) || Math.abs(a - b) <= within * (each ? Math.abs(b) : largest);
    if (!right) return `element ${i} is ${a}, not ${b}`;
  }
  return null;
}

function enact(
  model: Model,
  { text, inputs = {}, state = {}, wanted, within = 0, each = false, calls = 1 }: Situation,
): void {
  for (const [path, values] of Object.entries(state))
    present(model.state.get(path), `${path} of ${[...model.state.keys()].join(", ")}`).data.set(Array.from(values));
  const call = () => model.run(entryName(text), inputs);
  if (wanted instanceof RegExp) {
    expect(call).toThrow(wanted);
    return;
  }
  for (let i = 1; i < calls; i++) call();
  const got = call();
  expect(Object.keys(got).sort()).toEqual(Object.keys(wanted).sort());
  for (const [name, values] of Object.entries(wanted))
    expect([name, wrong(present(got[name], name).data, values, within, each)]).toEqual([name, null]);
}

/** Tests situations whose programs are right. They are compiled as one program. */
export function situations(rows: readonly Situation[]): void {
  describe.each(targets)("%s", (target) => {
    const whole = `dl 1\n\n${rows.map(({ text }) => text).join("\n\n")}\n`;
    let model: Promise<Model> | undefined;
    const compiled = (): Promise<Model> => (model ??= compile(whole, { target, mode: "strict" }));
    test.each(rows)("$source: $title", async (row) => enact(await compiled(), row));
  });
}

export interface Refusal {
  readonly source: string;
  readonly title: string;
  readonly text: string;
  readonly says: RegExp;
}

/** Tests situations whose programs are refused. */
export function refusals(rows: readonly Refusal[]): void {
  test.each(rows)("$source: $title is refused", async ({ text, says }) => {
    await expect(compile(`dl 1\n\n${text}\n`, { target: "reference" })).rejects.toThrow(says);
  });
}
