// What a user of the package may write; type-checked against the installed package.
export const consumer = `
import { compile, DlcError, type Model, type Tensor } from "dlc";
import { compileModule, DiagnosticError, type CompiledModule } from "dlc/compiler";
import { createSession, readSafetensors, type Session } from "dlc/runtime";
import { resolveStd, standardLibrary } from "dlc/std";

export async function inNode(): Promise<Tensor | undefined> {
  const model: Model = await compile("mlp.dl", { dims: { N: 1 }, seed: 0 });
  // @ts-expect-error: dims are numbers
  await compile("mlp.dl", { dims: { N: "1" } });
  return model.run("predict", { image: new Float32Array(784) })["probs"];
}

export async function inBrowsers(text: string): Promise<Session> {
  const compiled: CompiledModule = compileModule({ name: "mlp.dl", text }, { dims: { N: 1 }, resolve: resolveStd });
  return createSession(compiled.plan, await compiled.code());
}

export const files: readonly string[] = [...standardLibrary.keys()];
export const isUsers = (error: unknown): boolean => error instanceof DlcError || error instanceof DiagnosticError;
export const weights = (bytes: Uint8Array) => readSafetensors(bytes);
`;

/** Prints a line of JSON: what each way into the package exports, and results of each of the two compilers. */
export const script = `
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { compileModule } from "dlc/compiler";
import { createSession } from "dlc/runtime";
import { resolveStd } from "dlc/std";
const imported = await import("dlc");
const required = createRequire(import.meta.url)("dlc");
const image = Float32Array.from({ length: 784 }, (_, i) => i / 784);
const options = { dims: { N: 1 }, mode: "strict" };
const model = await imported.compile("mlp.dl", { ...options, seed: 7 });
const text = readFileSync("mlp.dl", "utf8");
const { plan, code } = compileModule({ name: "mlp.dl", text }, { ...options, resolve: resolveStd });
const other = await createSession(plan, await code(), { seed: 7 });
const probs = (each) => [...each.run("predict", { image }).probs.data];
console.log(JSON.stringify({
  node: process.versions.node,
  imported: Object.keys(imported),
  required: Object.keys(required),
  probs: [probs(model), probs(other)],
}));
`;
