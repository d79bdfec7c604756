import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { compile, DiagnosticError, renderDiagnostic, type Tensor } from "dlc";
import { compileModule } from "dlc/compiler";
import { afterAll, expect, test } from "vitest";
import { readSafetensors } from "../../runtime/safetensors.ts";
import { createWorkspace } from "./workspace.ts";

const folder = createWorkspace();
afterAll(() => rmSync(folder, { recursive: true }));

const text = "dl 1\n\nentry twice(x: f32[N, 2]) {\n  { y: x * 2.0 }\n}\n";

test("compiles text, a path and a URL", async () => {
  const path = join(folder, "twice.dl");
  for (const source of [text, path, pathToFileURL(path), pathToFileURL(path).href]) {
    const model = await compile(source, { dims: { N: 1 } });
    expect(model.run("twice", { x: [1, 2] })["y"]).toEqual({
      dtype: "f32",
      shape: [1, 2],
      data: new Float32Array([2, 4]),
    });
  }
});

test("a size that is not one is named, and a warning can be printed", async () => {
  await expect(compile(text, { dims: { N: "4" as unknown as number } })).rejects.toMatchObject({
    code: "E0818",
    says: 'the size of dim `N` of `compile` must be an integer of at least 1, got "4"',
  });
  await expect(compile(text, { variants: [{ N: 1 }, { N: -1 }] })).rejects.toThrow("`N` of `compile` must be");
  const { warnings } = await compile(
    "dl 1\n\nentry f(x: f32[2, 3], y: i32[2]) {\n  mean(cross_entropy(softmax(x), y))\n}\n",
  );
  expect(warnings.map((warning) => renderDiagnostic(warning, { color: false }))).toEqual([
    expect.stringMatching(/^warning\[W0504\]: `logits` of cross_entropy[^]*softmax\(x\)/),
  ]);
});

test("state, snapshots, saved weights and several batch sizes", async () => {
  const model = await compile(join(folder, "net.dl"), { variants: [{ N: 1 }, { N: 4 }], seed: 3, mode: "strict" });
  const other = await compile(join(folder, "net.dl"), { dims: { N: 1 }, seed: 4, mode: "strict" });
  const image = new Float32Array(16).fill(0.3);
  const probs = (of: typeof model): unknown => of.run("predict", { image })["probs"]?.data;
  const before = probs(model);
  expect(probs(other)).not.toEqual(before);
  other.load(model.save());
  expect(probs(other)).toEqual(before);
  const snapshot = model.snapshot();
  model.run("step", { image: new Float32Array(64), label: new Int32Array(4) });
  expect(model.state.get("step.step")?.data[0] ?? 1).toBe(1);
  expect(probs(model)).not.toEqual(before);
  model.restore(snapshot);
  expect(probs(model)).toEqual(before);
  model.reset(4);
  expect(probs(model)).not.toEqual(before);
});

test("errors are diagnostics with a location", async () => {
  const error: unknown = await compile(text.replace("x *", "z *"), { dims: { N: 1 } }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(DiagnosticError);
  const [first] = (error as DiagnosticError).diagnostics;
  expect(text.replace("x *", "z *").slice(first?.at?.span.start, first?.at?.span.end)).toBe("z");
});

test("the message of an error is what `dlc check` prints, in the words of the API", async () => {
  const source = "dl 1\n\nmodel M(x: f32[N, 2]) = x |> dens(3)\n\nentry p(x: f32[N, 2]) {\n  M(x)\n}\n";
  const unknown: unknown = await compile(source, { dims: { N: 1 } }).catch((e: unknown) => e);
  expect((unknown as Error).message).toBe(
    [
      "error[E0201]: unknown name `dens`",
      " --> <input>:3:30",
      "  |",
      "3 | model M(x: f32[N, 2]) = x |> dens(3)",
      "  |                              ^^^^ not found in this scope",
      "  |",
      "  = help: did you mean `dense`?",
    ].join("\n"),
  );
  await expect(compile(text)).rejects.toThrow("= help: give it: dims: { N: 32 }");
  await expect(compile(text, { dims: { N: 1, M: 2 } })).rejects.toThrow("unknown dim `M`\n  = help: the dims are N");
  await expect(compile(text, { dims: { N: 1 }, variants: [{ N: 4 }] })).rejects.toThrow("`N` is given twice");
});

test("an error prints its message alone: no properties, no frames inside the compiler", async () => {
  const error: unknown = await compile(text).catch((e: unknown) => e);
  expect(Object.keys(error as object)).toEqual([]);
  expect(inspect(error)).toMatch(/^DiagnosticError: error\[E0306\]/);
  expect(inspect(error)).not.toMatch(/compiler\/compile\.ts|cli\/api\.ts|diagnostics/);
});

test("an error of a call names the entry, the input, and the line that declares it", async () => {
  const model = await compile(text, { dims: { N: 2 } });
  const error = (inputs: object): unknown => {
    try {
      return model.run("twice", inputs as never);
    } catch (thrown) {
      return thrown;
    }
  };
  const nested = error({ x: [[1, 2], [3]] });
  expect((nested as Error).message).toBe(
    [
      "error[E0811]: input `x` of `twice` has 1 elements at [1]",
      " --> <input>:3:13",
      "  = help: nested arrays must be even: expected 2 elements",
    ].join("\n"),
  );
  expect(Object.keys(nested as object)).toEqual([]);
  expect(inspect(nested)).toMatch(/^DlcError: error\[E0811\].*\n.*\n.*\n    at error \(.*api\.test\.ts/);
  expect(inspect(nested)).not.toMatch(/runtime\/|says|code/);
  expect((error({ xs: [1, 2, 3, 4] }) as Error).message).toContain("did you mean `x`?");
  expect((error({ x: [1, 2, 3, undefined] }) as Error).message).toContain(
    "has undefined at [1, 1], which is not a number",
  );
  expect((error({ x: [1, 2, 3, 1e300] }) as Error).message).toContain(
    "has 1e+300 at [1, 1], which is not a number that f32 can represent",
  );
  const frames = (await compile(text, { thread: 1 } as object).catch((thrown: Error) => thrown.stack)) as string;
  expect(frames).toMatch(/^ {2}= help: .*`threads`\?\n {4}at .*api\.test\.ts/m);
});

const windows = `dl 1

model Net(x: f32[N, T]) -> f32[N, T] {
  param w: f32[1] = ones
  x * w
}

entry predict(x: f32[N, T]) { y: Net(x) }

train entry step(x: f32[N, T]) {
  let loss = mean((Net(x[:, 1:]) - x[:, :-1]) ^ 2)
  minimize loss over Net with sgd(lr: 0.1)
  { loss }
}
`;

test("each entry has variants of its own", async () => {
  const variants = {
    predict: [
      { N: 1, T: 1 },
      { N: 2, T: 3 },
    ],
    step: [{ N: 2, T: 3 }],
  };
  const model = await compile(windows, { variants });
  const compiled = model.plan.entries.map(({ name, dims }) => ({ name, ...dims }));
  expect(compiled).toEqual([
    { name: "predict", N: 1, T: 1 },
    { name: "predict", N: 2, T: 3 },
    { name: "step", N: 2, T: 3 },
    { name: "init" },
  ]);
  expect(model.run("predict", { x: [[7]] })["y"]?.data).toEqual(Float32Array.of(7));
  // One step on rows x = (1, 2, 3): w = 1 - 0.1 * mean(2 * (2 w - 1) * 2, 2 * (3 w - 2) * 3) at w = 1
  model.run("step", {
    x: [
      [1, 2, 3],
      [1, 2, 3],
    ],
  });
  expect(model.run("predict", { x: [[1]] })["y"]?.data[0]).toBeCloseTo(0.5, 6);
});

test("an entry without variants of its own has the sizes of `dims`", async () => {
  const model = await compile(windows, { dims: { T: 2 }, variants: { predict: [{ N: 1 }], step: [{ N: 4 }] } });
  expect(model.plan.entries.map(({ dims }) => dims)).toEqual([{ N: 1, T: 2 }, { N: 4, T: 2 }, {}]);
  const one = await compile(text, { dims: { N: 2 }, variants: {} });
  expect(one.plan.entries[0]?.dims).toEqual({ N: 2 });
});

const wrongVariants: readonly (readonly [options: object, message: string])[] = [
  [{ variants: { predct: [{ N: 1, T: 2 }] } }, "unknown entry `predct`\n  = help: did you mean `predict`?"],
  [{ variants: { predict: [{ N: 1, T: 2, Q: 1 }] }, dims: {} }, "unknown dim `Q`"],
  [{ variants: { predict: [{ N: 1 }] }, dims: { N: 1 } }, "`N` is given twice"],
  [{ variants: { predict: { N: 1 } } }, "or one for each entry, such as { predict: [{ N: 1 }] }, got an Object"],
  [{ variants: { predict: [{ N: -1 }] } }, "`N` of `compile` must be"],
];

test.each(wrongVariants)("variants %j", async (options, message) => {
  await expect(compile(windows, options)).rejects.toThrow(message);
});

test("nested arrays are read, and their shape chooses the variant", async () => {
  const square = text.replace("f32[N, 2]", "f32[N, M]");
  const model = await compile(square, {
    variants: [
      { N: 1, M: 4 },
      { N: 2, M: 2 },
    ],
  });
  const run = (x: unknown): unknown => model.run("twice", { x: x as number[] })["y"];
  const data = Float32Array.of(2, 4, 6, 8);
  expect(run([[1, 2, 3, 4]])).toEqual({ dtype: "f32", shape: [1, 4], data });
  expect(
    run([
      [1, 2],
      [3, 4],
    ]),
  ).toEqual({ dtype: "f32", shape: [2, 2], data });
  expect(run([Float32Array.of(1, 2), [3, 4]])).toEqual({ dtype: "f32", shape: [2, 2], data });
  expect(() => run([1, 2, 3, 4])).toThrow("match several variants");
  const rows = [
    [1, 2],
    [3, 4],
  ];
  const bound = model.bind("twice", { x: rows });
  rows[1] = [5, 6];
  expect(bound.run()["y"]?.data).toEqual(Float32Array.of(2, 4, 10, 12));
  rows.pop();
  expect(() => bound.run()).toThrow("input `x` of `twice` has shape [1,2]");
});

test("an array of billions of elements is refused by its length", async () => {
  const model = await compile(text, { variants: [{ N: 1 }, { N: 2 }] });
  const huge: number[] = new Array<number>(2 ** 32 - 1);
  const run = (x: unknown): unknown => model.run("twice", { x: x as number[] });
  expect(() => run(huge)).toThrow("x with 4294967295 elements");
  expect(() => run([huge])).toThrow("x with shape [1,4294967295]");
  expect(() => run([[1, 2], huge])).toThrow("has 4294967295 elements at [1]");
  const empty: unknown[] = new Array<unknown>(2 ** 32 - 1);
  empty[0] = [];
  expect(() => run(empty)).toThrow("x with shape [4294967295,0]");
  expect(() => run({ data: huge, shape: [2 ** 32 - 1] })).toThrow("E0812");
  const rows: unknown[] = [[1, 2]];
  const bound = model.bind("twice", { x: rows as number[][] });
  rows[0] = huge;
  expect(() => bound.run()).toThrow("E081");
});

test("a batch of another size says which dim it is, and the size to build for", async () => {
  const model = await compile("dl 1\n\nentry p(x: f32[N, 4]) {\n  { y: x * 2 }\n}\n", { dims: { N: 4 } });
  const run = (x: unknown): unknown => model.run("p", { x: x as number[] });
  expect(() => run(new Float32Array(12))).toThrow("it is f32[4,4], 16 elements; build a variant for N = 3");
  expect(() => run({ data: new Float32Array(12), shape: [3, 4] })).toThrow("; build a variant for N = 3");
  // No size of N makes these fit.
  for (const x of [new Float32Array(13), [], { data: new Float32Array(12), shape: [4, 3] }])
    expect(() => run(x)).toThrow(/16 elements$/);
});

test("a dim may have the name that others use for an unknown size, if it is declared", async () => {
  for (const name of ["null", "undefined", "None"]) {
    const entry = `\nentry p(x: f32[${name}, 3]) {\n  { y: x * 2 }\n}\n`;
    const model = await compile(`dl 1\n\ndim ${name}\n${entry}`, { dims: { [name]: 2 } });
    expect(model.run("p", { x: [1, 2, 3, 4, 5, 6] })["y"]?.shape).toEqual([2, 3]);
    await expect(compile(`dl 1\n${entry}`, { dims: { [name]: 2 } })).rejects.toThrow("name the size, as in");
  }
});

test("an input that runs the model while it is read does not change the call", async () => {
  const sum = "dl 1\n\nentry add(x: f32[2], y: f32[2]) {\n  { z: x + y }\n}\n";
  const model = await compile(sum);
  const inner = (): void => void model.run("add", { x: [100, 100], y: [100, 100] });
  const evil = new Proxy([1, 2], {
    get(list, name, self) {
      inner();
      return Reflect.get(list, name, self) as unknown;
    },
  });
  const getter = {
    x: evil,
    get y() {
      inner();
      return evil;
    },
  };
  const options = {
    get view() {
      inner();
      return false;
    },
  };
  const z = { dtype: "f32", shape: [2], data: Float32Array.of(2, 4) };
  expect(model.run("add", getter, options)).toEqual({ z });
  expect(model.bind("add", { x: evil, y: evil }).run()).toEqual({ z });
  let reads = 0;
  const other = new Proxy([1, 2], {
    get: (list, name, self) => (name === "0" && reads++ > 2 ? "a text" : (Reflect.get(list, name, self) as unknown)),
  });
  expect(model.run("add", { x: other, y: [1, 2] })).toEqual({ z });
});

test("state and plan are read-only, and metadata is read once", async () => {
  const model = await compile(
    "dl 1\n\nmodel M(x: f32[2]) -> f32[2] {\n  param w: f32[2] = ones()\n  x * w\n}\n\nentry e(x: f32[2]) {\n  { y: M(x) }\n}\n",
  );
  const state = model.state as Map<string, unknown>;
  for (const edit of [() => state.delete("M.w"), () => state.clear(), () => state.set("a", 1)])
    expect(edit).toThrow("`state` is read-only");
  const plan = model.plan as unknown as { entries: { inputs: { shape: number[] }[] }[]; persistent: object[] };
  expect(() => (plan.entries.length = 0)).toThrow(TypeError);
  expect(() => plan.persistent.pop()).toThrow(TypeError);
  expect(() => plan.entries[0]?.inputs[0]?.shape.push(1)).toThrow(TypeError);
  expect(model.run("e", { x: [1, 2] })["y"]?.data).toEqual(Float32Array.of(1, 2));
  let reads = 0;
  const metadata = {
    get a() {
      return (reads++ === 0 ? "text" : 1) as string;
    },
  };
  expect([...readSafetensors(model.save({ metadata })).metadata]).toEqual([["a", "text"]]);
  expect(() => model.save({ metadata })).toThrow("metadata");
});

test("views are the session's own, and cannot be changed", async () => {
  const model = await compile(text, { dims: { N: 1 } });
  const view = model.run("twice", { x: [1, 2] }, { view: true }) as Record<string, unknown>;
  expect(() => (view["y"] = {})).toThrow(TypeError);
  expect(() => ((view["y"] as { data: unknown }).data = [])).toThrow(TypeError);
  expect(() => (view["y"] as { shape: number[] }).shape.push(1)).toThrow(TypeError);
  expect(model.run("twice", { x: [1, 2] })["y"]?.data).toEqual(Float32Array.of(2, 4));
  expect(() => model.run("init")).toThrow("`reset(seed)` initializes the model again");
  const js = await compile(text, { dims: { N: 1 }, target: "js" });
  const { buffer } = (js.run("twice", { x: [1, 2] }, { view: true })["y"] as Tensor).data;
  structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
  expect(() => js.run("twice", { x: [1, 2] })).toThrow("E0808");
});

test("a resolver without the library is the caller's mistake", () => {
  expect(() => compileModule({ name: "m.dl", text }, { resolve: () => null })).toThrow(
    "`resolve` returned no text for `std/tensors.dl`",
  );
});

test("a file imports beside it and below the working directory, and nowhere else", async () => {
  const importing = (target: string): string => `dl 1\nimport { a } from "${target}"\n\nentry e() {\n  { y: 1.0 }\n}\n`;
  for (const target of ["../../../../etc/passwd", "/etc/passwd", "std/../../package.json"]) {
    await expect(compile(importing(target))).rejects.toBeInstanceOf(DiagnosticError);
  }
});

test("the host shows the caller's line above an uncaught error in a text", () => {
  const script = join(folder, "uncaught.mjs");
  const api = new URL("../../cli/api.ts", import.meta.url).href;
  writeFileSync(
    script,
    `import { compile } from "${api}";\nawait compile("dl 1\\n\\nentry e() {\\n  { y: z }\\n}\\n");\n`,
  );
  const { stderr } = spawnSync(process.execPath, [script], { encoding: "utf8" });
  expect(stderr).toMatch(
    /uncaught\.mjs:2\nawait compile\(.*\n +\^\n\nDiagnosticError: error\[E0201\]: unknown name `z`/,
  );
});
