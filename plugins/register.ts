// `node --import dlc/register app.mjs`: scripts and tests import `.dl` files.
import * as nodeModule from "node:module";
import type { LoadFnOutput, LoadHookContext } from "node:module";
import { pathToFileURL } from "node:url";

type Next<T> = (url: string, context?: Partial<LoadHookContext>) => T;

const isModel = (url: string): boolean => /^file:[^?]*\.dl(\?|$)/.test(url);

/** Without the mark of the copy that only has the hook. */
const own = import.meta.url.replace(/\?.*/, "");

/**
 * A module that builds the model when it runs: hooks must be synchronous. Where they run on a thread of their own, the
 * build still happens on that of the program.
 */
export function load<T extends LoadFnOutput | Promise<LoadFnOutput>>(
  url: string,
  context: LoadHookContext,
  next: Next<T>,
): T | LoadFnOutput {
  if (!isModel(url)) return next(url, context);
  const source = `import { builtForNode } from ${JSON.stringify(own)};
export const { load, DlcError } = await builtForNode(import.meta.url);
export default { load };
`;
  return { format: "module", source, shortCircuit: true };
}

/** The module of the built model. Throws a `DiagnosticError` with all errors in the file. */
export async function builtForNode(url: string): Promise<object> {
  const { nodeModel } = await import("./node-model.ts");
  return (await import(pathToFileURL(await nodeModel(url)).href)) as object;
}

// Hooks on a thread of their own are this file again, with a mark in its URL.
if (import.meta.url === own) {
  // Node has it from 22.15 on.
  const { registerHooks }: Partial<typeof nodeModule> = nodeModule;
  if (registerHooks === undefined) nodeModule.register(`${own}?hooks`);
  else registerHooks({ load });
}
