// Random graphs with loops and branches as modules: WebAssembly and JavaScript return the same bits, close to the
// reference.
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileProgram } from "../../compiler/compile.ts";
import { GraphBuilder } from "../../compiler/graph/build.ts";
import { evaluate } from "../../compiler/graph/evaluate.ts";
import { pathOf } from "../../compiler/graph/facts.ts";
import type { Graph, Persistent, Program } from "../../compiler/graph/ir.ts";
import { ops } from "../../compiler/ops/table.ts";
import { present } from "../../compiler/support/invariant.ts";
import { dtypes } from "../../runtime/dtype.ts";
import { createSession, type Session } from "../../runtime/session.ts";
import { randomData, type Data } from "../passes/data.ts";
import { controlChoices, randomControl } from "../passes/random-control.ts";

function programOf(graph: Graph): Program {
  const persistent = new Map<string, Persistent>();
  for (const node of graph.nodes) {
    const path = pathOf(node);
    if (path !== null)
      persistent.set(path, { kind: "param", path, type: present(node.results[0], path).type, span: null });
  }
  return {
    name: graph.name,
    persistent: [...persistent.values()],
    entries: [
      { dims: {}, graph },
      { dims: {}, graph: new GraphBuilder("init", ops).build() },
    ],
  } as Program;
}

function run(session: Session, graph: Graph, data: Data): Record<string, Float64Array> {
  for (const [path, values] of data.persistent) session.state.get(path)?.data.set(values);
  session.touch();
  const inputs = graph.inputs.map((value) => {
    const name = String(value.node.attrs["name"]);
    return [name, new dtypes[value.type.dtype].array(present(data.inputs.get(name), name))] as const;
  });
  const outputs = session.run(graph.name, Object.fromEntries(inputs));
  const written = graph.writes.map(
    ({ path }) => [`write ${path}`, Float64Array.from(present(session.state.get(path), path).data)] as const,
  );
  return Object.fromEntries([
    ...Object.entries(outputs).map(([name, { data: values }]) => [name, Float64Array.from(values)] as const),
    ...written,
  ]);
}

test("random loops and branches return the same results on every target", async () => {
  await fc.assert(
    fc.asyncProperty(controlChoices, fc.boolean(), async (steps, trains) => {
      const graph = randomControl(steps, { trains });
      const data = randomData(graph, 5);
      const module = compileProgram(programOf(graph), { mode: "strict", verify: true });
      const [wasm, js] = [
        await createSession(module.plan, await module.code("wasm"), { mode: "strict" }),
        await createSession(module.plan, await module.code("js")),
      ];
      const [a, b] = [run(wasm, graph, data), run(js, graph, data)];
      expect(b).toEqual(a);
      const wanted = evaluate(graph, { ...data, precision: "f32" });
      for (const [name, { data: values }] of wanted.outputs) {
        const size = values.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 1);
        const far = values.findIndex(
          (x, i) => !(Object.is(x, a[name]?.[i]) || Math.abs(x - (a[name]?.[i] ?? NaN)) <= 1e-3 * size),
        );
        expect(far === -1 ? "close" : `${name}[${far}]: ${a[name]?.[far]} is not ${values[far]}`).toBe("close");
      }
    }),
    { numRuns: Number(process.env["RUNS"] ?? 12) },
  );
});
