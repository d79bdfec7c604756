// Whatever is passed to a public function, the caller gets an error with a code, at the caller's line, and the model
// works afterwards.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { compile, type DiagnosticError, type DlcError } from "dlc";
import { compileModule } from "dlc/compiler";
import { afterAll, describe, expect, test } from "vitest";
import { buildArtefact } from "../../cli/build/artefact.ts";
import { createResolver } from "../../cli/host/resolver.ts";
import type { LoadOptions, Session } from "../../runtime/index.ts";

const folder = mkdtempSync(join(tmpdir(), "dlc-odd-"));
afterAll(() => rmSync(folder, { recursive: true }));

const text = `dl 1

setting scale: f32 = 0.5

model Net(x: f32[N, 3]) -> f32[N, 2] {
  x |> dense(2)
}

entry predict(x: f32[N, 3]) {
  { y: Net(x) * scale }
}
`;
const dims = { N: 2 };

const odd: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ...["", "x", "a.dl", "file:///%zz.dl", "http://example.com/a.dl"].map(
    (word) => [JSON.stringify(word), word] as const,
  ),
  ...[-1, 1.5, NaN, Infinity, null, true, 1n, 2n ** 70n].map((value) => [String(value), value] as const),
  ["a symbol", Symbol("s")],
  ["a function", () => 1],
  ["[]", []],
  ["[1]", [1]],
  ["uneven", [[1, 2, 3], [4]]],
  ["too deep", [[[[1]]]]],
  ["a hole", hole()],
  ["bigints", [1n, 2n, 3n, 4n, 5n, 6n]],
  ["texts", ["1", "2", "3", "4", "5", "6"]],
  ["itself", itself()],
  ["{ a: 1 }", { a: 1 }],
  ["no prototype", Object.assign(Object.create(null) as object, { b: 2 })],
  ["a Map", new Map([["x", [1, 2]]])],
  ["a Date", new Date(0)],
  ["a Promise", Promise.resolve([1])],
  ["Float32Array", new Float32Array(4)],
  ["Float64Array", new Float64Array(6)],
  ["BigInt64Array", new BigInt64Array(6)],
  ["ArrayBuffer", new ArrayBuffer(24)],
  ["DataView", new DataView(new ArrayBuffer(24))],
  ["a detached array", detached()],
  ["no data", { data: null, shape: [2, 3] }],
  ["no shape", { data: [1], shape: "x" }],
  ["a shape of bigints", { data: [1, 2, 3, 4, 5, 6], shape: [2n, 3n] }],
]);

/** A list without its second element. */
function hole(): unknown {
  const array: unknown[] = [1];
  array[2] = 3;
  return array.concat([4, 5, 6]);
}

function itself(): unknown {
  const array: unknown[] = [];
  array.push(array);
  return array;
}

function detached(): Float32Array {
  const array = new Float32Array(6);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

/** A call with a value in one place of its arguments. */
type Call = (model: Session, value: never) => unknown;
const x = [1, 2, 3, 4, 5, 6];

/** Each call, with the odd values that it takes. */
const calls: Readonly<Record<string, readonly [call: Call, takes?: readonly string[]]>> = {
  "run(_)": [(m, v) => m.run(v, { x })],
  "run(, _)": [(m, v) => m.run("predict", v)],
  "run(, { x: _ })": [(m, v) => m.run("predict", { x: v })],
  "run(, { x: [_] })": [
    (m, v) => m.run("predict", { x: [1, 2, 3, 4, 5, v] }),
    ["-1", "1.5", "NaN", "Infinity", "true"],
  ],
  "run(, { x: [[], _] })": [(m, v) => m.run("predict", { x: [[1, 2, 3], v] })],
  "run(,, _)": [(m, v) => m.run("predict", { x }, v)],
  "run(,, { view: _ })": [(m, v) => m.run("predict", { x }, { view: v }), ["true"]],
  "run(,, { dims: _ })": [(m, v) => m.run("predict", { x }, { dims: v })],
  "run(,, { dims: { N: _ } })": [(m, v) => m.run("predict", { x }, { dims: { N: v } })],
  "bind(_)": [(m, v) => m.bind(v, { x })],
  "bind(, _)": [(m, v) => m.bind("predict", v)],
  "bind(, { x: _ })": [(m, v) => m.bind("predict", { x: v })],
  "bind(,, _)": [(m, v) => m.bind("predict", { x }, v)],
  "set(_)": [(m, v) => m.set(v, 1)],
  "set(, _)": [(m, v) => m.set("scale", v), ["-1", "1.5"]],
  "set({ _ })": [(m, v) => m.set({ scale: v }), ["-1", "1.5"]],
  "reset(_)": [(m, v) => m.reset(v)],
  "reset({ seed: _ })": [(m, v) => m.reset({ seed: v })],
  "reset({ only: _ })": [(m, v) => m.reset({ only: v })],
  "restore(_)": [(m, v) => m.restore(v)],
  "restore(, { only: _ })": [(m, v) => m.restore(m.snapshot(), { only: v })],
  "save(_)": [(m, v) => m.save(v)],
  "save({ only: _ })": [(m, v) => m.save({ only: v })],
  "save({ metadata: _ })": [(m, v) => m.save({ metadata: v })],
  "save({ metadata: { a: _ } })": [(m, v) => m.save({ metadata: { a: v } }), [...odd.keys()].slice(0, 5)],
  "load(_)": [(m, v) => m.load(v)],
  "load(, _)": [(m, v) => m.load(m.save(), v)],
  "load(, { need: _ })": [(m, v) => m.load(m.save(), { need: v })],
  "load(, { partial: _ })": [(m, v) => m.load(m.save(), { partial: v }), ["true"]],
  "load(, { only: _ })": [(m, v) => m.load(m.save(), { only: v })],
  "load(, { rename: _ })": [(m, v) => m.load(m.save(), { rename: v })],
  "load(, { rename: () => _ })": [(m, v) => m.load(m.save(), { rename: () => v }), ["null"]],
  "profile(_)": [(m, v) => m.profile(v, { x })],
};

const compiled = await compile(text, { dims });
const module = compileModule({ name: "net.dl", text }, { dims, resolve: createResolver(null) });
const artefact = await buildArtefact(module, { target: "wasm", mode: "fast", full: true });
for (const [name, data] of artefact.files) writeFileSync(join(folder, name), data);
const { load } = (await import(pathToFileURL(join(folder, "module.mjs")).href)) as {
  readonly load: (options?: LoadOptions) => Promise<Session>;
};

/** What is wrong with the outcome; null for an error as it should be. */
async function problem(call: () => unknown, takes: boolean): Promise<string | null> {
  try {
    await call();
    return takes ? null : "no error";
  } catch (error) {
    const { code, name, stack = "", diagnostics } = error as DlcError & DiagnosticError;
    if (name === "DlcError" ? !/^E08\d\d$/.test(code) : name !== "DiagnosticError" || diagnostics[0] === undefined)
      return String(error);
    if (takes) return `it is taken: ${String(error)}`;
    return /\/(?:runtime|compiler|dsl|cli)\/|module\.mjs/.test(stack.replaceAll("/test/cli/", "")) ? stack : null;
  }
}

describe.each([
  ["compile", () => compiled],
  ["a built model", () => load()],
] as const)("a model from %s", (_, start) => {
  test.each(Object.entries(calls))("%s", async (title, [call, takes = []]) => {
    const model = (await start()) as Session;
    if (title.startsWith("profile") && !("profile" in model)) return;
    const before = [model.run("predict", { x }), model.save()];
    const weights = model.snapshot();
    for (const [name, value] of odd) {
      const found = await problem(() => call(model, value as never), takes.includes(name));
      expect(found, name).toBe(null);
      if (takes.length > 0) model.restore(weights);
    }
    expect([model.run("predict", { x }), model.save()]).toEqual(before);
  });
});

const taken: Readonly<Record<string, readonly string[]>> = {
  entries: ["[]"],
  variants: ["[]"],
  ...Object.fromEntries(["profile", "verify", "checks"].map((name) => [name, ["true"]])),
};

test.each([
  "dims",
  "variants",
  "entries",
  "mode",
  "target",
  "threads",
  "seed",
  "profile",
  "verify",
  "checks",
  "treads",
])("compile(, { %s: _ })", async (option) => {
  for (const [name, value] of odd) {
    const takes = taken[option]?.includes(name) ?? false;
    const options = { ...(option !== "dims" && option !== "variants" && { dims }), [option]: value };
    const source = option === "variants" ? text.replaceAll("N,", "2,") : text;
    expect(await problem(() => compile(source, options as object), takes), name).toBe(null);
  }
});

test("compile(_), compile(, _) and compile(, { dims: { N: _ } })", async () => {
  for (const [name, value] of odd) {
    expect(await problem(() => compile(value as string, { dims }), false), name).toBe(null);
    expect(await problem(() => compile(text, value as object), false), name).toBe(null);
    expect(await problem(() => compile(text, { dims: { N: value as number } }), false), name).toBe(null);
    expect(await problem(() => load(value as object), false), name).toBe(null);
    for (const key of ["mode", "seed", "weights", "checks", "waits"])
      expect(
        await problem(
          () => load({ [key]: value } as object),
          `${key} ${name}` === "checks true" || `${key} ${name}` === "weights null",
        ),
        `${key}: ${name}`,
      ).toBe(null);
  }
});
