import { expect, test } from "vitest";
import { createResolver } from "../../cli/host/resolver.ts";
import { compileModule } from "../../compiler/index.ts";
import { createSession } from "../../runtime/session.ts";

test("sums over rows of any length, in blocks or not, have the bits of the reference", async () => {
  for (const width of [3, 5, 7, 8, 9, 10, 11, 13, 15, 16, 17, 21]) {
    const text = `entry f(x: f32[65, ${width}]) { { all: sum(x * x), rows: sum(x, axis: 1), few: sum(x[:3]) } }`;
    const module = compileModule({ name: "sums.dl", text }, { resolve: createResolver(null) });
    const x = Float32Array.from({ length: 65 * width }, (_, i) => Math.sin(i * 1.7) * 10 ** ((i % 7) - 3));
    const [reference, ...others] = await Promise.all(
      (["reference", "wasm", "js"] as const).map(async (target) =>
        (await createSession(module.plan, await module.code(target), { mode: "strict" })).run("f", { x }),
      ),
    );
    for (const other of others)
      for (const name of ["all", "rows", "few"])
        expect(other[name]?.data, `${name} of 65 rows of ${width}`).toEqual(reference?.[name]?.data);
  }
});

test("sums and products of equal numbers have no term past the end", async () => {
  const lengths = [5, 9, 10, 13, 18, 21, 30, 257];
  const outputs = lengths.flatMap((n) => [`s${n}: sum(full([${n}], 3.0))`, `p${n}: prod(full([${n}], 1.25))`]);
  const text = `entry f(x: f32[]) { { ${outputs.join(", ")}, x } }`;
  const module = compileModule({ name: "sums.dl", text }, { resolve: createResolver(null) });
  for (const target of ["wasm", "js"] as const) {
    const session = await createSession(module.plan, await module.code(target), { mode: "strict" });
    const results = session.run("f", { x: 0 });
    for (const n of lengths) {
      expect(results[`s${n}`]?.data[0], `the sum of ${n}`).toBe(3 * n);
      expect((results[`p${n}`]?.data[0] ?? 0) / 1.25 ** n, `the product of ${n}`).toBeCloseTo(1, 4);
    }
  }
});
