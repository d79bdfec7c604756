import { parentPort, workerData } from "node:worker_threads";
import { createResolver } from "../../cli/host/resolver.ts";
import { compileModule } from "../../compiler/compile.ts";
import { present } from "../../compiler/support/invariant.ts";
import { DiagnosticError } from "../../dsl/diagnostic-error.ts";
import { createSession } from "../../runtime/session.ts";

export interface Outcome {
  /** The code of the first diagnostic; null if the program was compiled. */
  readonly code: string | null;
  /** The strict WebAssembly code computes what the reference computes. */
  readonly correct: boolean;
}

async function outcomeOf(text: string): Promise<Outcome> {
  try {
    const source = { name: "program.dl", text: `dl 1\n\n${text}\n` };
    const module = compileModule(source, { resolve: createResolver(source.name), mode: "strict" });
    const [code, reference] = await Promise.all([module.code("wasm"), module.code("reference")]);
    const results: string[] = [];
    for (const each of [code, reference]) {
      const session = await createSession(module.plan, each, { mode: "strict" });
      const [input] = present(
        module.plan.entries.find(({ name }) => name === "f"),
        "the program has an entry",
      ).inputs;
      const size = present(input, "the entry has an input").shape.reduce((a, b) => a * b, 1);
      const x = Float32Array.from({ length: size }, (_, i) => i - 1.5);
      results.push(...Object.values(session.run("f", { x })).map(({ data }) => data.join()));
    }
    return { code: null, correct: results[0] === results[1] };
  } catch (error) {
    if (error instanceof DiagnosticError) return { code: error.diagnostics[0]?.code ?? "", correct: false };
    return { code: String(error), correct: false };
  }
}

const texts: readonly string[] = workerData;
for (const text of texts) parentPort?.postMessage(await outcomeOf(text));
