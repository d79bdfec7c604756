import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { createResolver } from "../../cli/host/resolver.ts";
import { elaborate } from "../../compiler/frontend/program.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import type { Program } from "../../compiler/graph/ir.ts";
import { compileProgram } from "../../compiler/compile.ts";
import { present } from "../../compiler/support/invariant.ts";
import { renderDiagnostic } from "../../dsl/render.ts";
import type { TensorData } from "../../runtime/model.ts";
import { createSession, type Session } from "../../runtime/session.ts";

interface Vector {
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}

type Vectors = Readonly<Record<string, Vector>>;

/** One case of a file that `tools/golden-vectors` wrote. */
export interface Case {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly inputs: Vectors;
  readonly params: Vectors;
  readonly outputs: Vectors;
}

export function casesOf(file: string): readonly Case[] {
  const { made, cases } = JSON.parse(readFileSync(new URL(`./${file}.json`, import.meta.url), "utf8")) as {
    made: string;
    cases: readonly Case[];
  };
  expect(made).toContain("torch");
  return cases;
}

export const caseOf = (file: string, name: string): Case =>
  present(
    casesOf(file).find((c) => c.name === name),
    `${file} has no ${name}`,
  );

/** `lr: 0.1, nesterov: true`, as arguments of a call; without the options that are named. */
export const argumentsOf = (options: Case["options"], without: readonly string[] = []): string =>
  Object.entries(options)
    .filter(([name]) => !without.includes(name))
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
    .join(", ");

export interface Check {
  readonly text: string;
  readonly dims?: Readonly<Record<string, number>>;
  /** The entry that returns the outputs of the case, `run` by default. */
  readonly entry?: string;
  /** Names of the case's params, to the ends of their paths; the name itself by default. */
  readonly params?: Readonly<Record<string, string>>;
  /**
   * Params and state that are compared after the call, by the names of the outputs that they must equal; the ends of
   * their paths.
   */
  readonly after?: Readonly<Record<string, string>>;
  /** The entry is called this often, and each output of the case has that many rows. */
  readonly calls?: number;
  /** For the interpreter in f64, and for f32 on WebAssembly and in JavaScript. */
  readonly tolerance?: { readonly exact?: number; readonly single?: number };
}

/** The program in three ways: the reference interpreter in f64, WebAssembly and JavaScript. */
export async function check(
  vectors: Case,
  { text, dims = {}, entry = "run", params = {}, after = {}, calls = 1, tolerance = {} }: Check,
): Promise<void> {
  const program = programOf(text, dims);
  const wanted = (call: number): Record<string, number[]> =>
    Object.fromEntries(Object.entries(vectors.outputs).map(([name, v]) => [name, row(v, call, calls)]));
  const paths = program.persistent.map(({ path }) => path);
  const find = (end: string): string =>
    present(
      onlyOf(paths.filter((path) => `.${path}`.endsWith(`.${end}`))),
      `${end} is not one path of ${paths.join(" ")}`,
    );
  const given = Object.entries(vectors.params).map(
    ([name, value]) => [find(params[name] ?? name), numbersOf(value)] as const,
  );
  const watched = Object.entries(after).map(([name, end]) => [name, find(end)] as const);

  const exact = inExactNumbers(program, entry, given, vectors.inputs);
  for (let call = 0; call < calls; call++)
    compare(exact(watched), wanted(call), tolerance.exact ?? 1e-9, `${vectors.name}, call ${call}, reference`);
  const compiled = compileProgram(program, {});
  for (const target of ["wasm", "js"] as const) {
    const session = await createSession(compiled.plan, await compiled.code(target));
    for (const [path, data] of given) present(session.state.get(path), path).data.set(data);
    session.touch();
    for (let call = 0; call < calls; call++)
      compare(
        inSession(session, entry, vectors.inputs, watched),
        wanted(call),
        tolerance.single ?? 1e-4,
        `${vectors.name}, call ${call}, ${target}`,
      );
  }
}

type Watched = readonly (readonly [string, string])[];
type Given = readonly (readonly [string, readonly number[]])[];

function programOf(text: string, dims: Readonly<Record<string, number>>): Program {
  const { program, diagnostics } = elaborate(
    { name: "vectors.dl", text },
    { variants: [dims], resolve: createResolver(null) },
  );
  expect(diagnostics.map((d) => renderDiagnostic(d, { color: false })).join("\n")).toBe("");
  return present(program, "no program");
}

function inExactNumbers(
  program: Program,
  entry: string,
  given: Given,
  inputs: Vectors,
): (watched: Watched) => Record<string, readonly number[]> {
  const graphOf = (name: string) =>
    present(
      program.entries.find(({ graph }) => graph.name === name),
      name,
    ).graph;
  const persistent = new Map<string, Float64Array>([["rng.seed", new Float64Array(2)]]);
  const call = (name: string): Record<string, readonly number[]> => {
    const data = new Map(Object.entries(inputs).map(([key, value]) => [key, Float64Array.from(numbersOf(value))]));
    const { outputs, writes } = evaluate(graphOf(name), { inputs: data, persistent, precision: "f64" });
    for (const [path, value] of writes) persistent.set(path, value.data);
    return Object.fromEntries([...outputs].map(([key, value]) => [key, [...value.data]]));
  };
  call("init");
  for (const [path, data] of given) persistent.set(path, Float64Array.from(data));
  return (watched) => ({
    ...call(entry),
    ...Object.fromEntries(watched.map(([name, path]) => [name, [...present(persistent.get(path), path)]])),
  });
}

function inSession(
  session: Session,
  entry: string,
  inputs: Vectors,
  watched: Watched,
): Record<string, readonly number[]> {
  const slots = present(
    session.plan.entries.find(({ name }) => name === entry),
    entry,
  ).inputs;
  const data = Object.fromEntries(
    slots.map(({ name, dtype }) => [name, typed(dtype, numbersOf(present(inputs[name], `no input ${name}`)))]),
  );
  const outputs = session.run(entry, data);
  const states = watched.map(([name, path]) => [name, present(session.state.get(path), path)] as const);
  return Object.fromEntries(
    [...Object.entries(outputs), ...states].map(([name, tensor]) => [name, [...(tensor.data as Iterable<number>)]]),
  );
}

function typed(dtype: string, data: readonly number[]): TensorData {
  return dtype === "i32"
    ? Int32Array.from(data)
    : dtype === "bool" || dtype === "u8"
      ? Uint8Array.from(data)
      : Float32Array.from(data);
}

const numbersOf = ({ data }: Vector): readonly number[] => data.map((x) => (x === "inf" ? Infinity : Number(x)));

function row(vector: Vector, call: number, calls: number): number[] {
  const data = [...numbersOf(vector)];
  const size = data.length / calls;
  return calls === 1 ? data : data.slice(call * size, (call + 1) * size);
}

function onlyOf<T>(items: readonly T[]): T | undefined {
  return items.length === 1 ? items[0] : undefined;
}

function compare(
  found: Readonly<Record<string, readonly number[]>>,
  wanted: Readonly<Record<string, readonly number[]>>,
  tolerance: number,
  where: string,
): void {
  for (const [name, expected] of Object.entries(wanted)) {
    const actual = present(found[name], `${where}: no output ${name}`);
    expect(actual.length, `${where}: elements of ${name}`).toBe(expected.length);
    const wrong = expected.flatMap((x, i) =>
      near(actual[i] ?? NaN, x, tolerance) ? [] : [`${name}[${i}] is ${actual[i]}, not ${x}`],
    );
    expect(wrong.slice(0, 5), where).toEqual([]);
  }
}

const near = (a: number, b: number, tolerance: number): boolean =>
  a === b || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));
