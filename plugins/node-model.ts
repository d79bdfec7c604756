import { fileURLToPath } from "node:url";
import { DiagnosticError } from "../dsl/diagnostic-error.ts";
import { renderDiagnostic } from "../dsl/render.ts";
import { buildModel } from "./build-model.ts";
import { cached } from "./cache.ts";
import { hasOptions, optionsFor } from "./options.ts";
import { onDisk } from "./placement.ts";
import { writeTypes } from "./types-file.ts";

/** Builds the model of a URL such as `file:///app/net.dl?dim.N=1`; returns the path of its module. */
export async function nodeModel(url: string): Promise<string> {
  const { searchParams: query, href } = new URL(url);
  const file = fileURLToPath(href.replace(/\?.*/, ""));
  const develops = process.env["NODE_ENV"] !== "production";
  const built = await buildModel(file, { full: develops, ...optionsFor(file, query, {}) }, onDisk(file).urlOf);
  if (built.kind === "failed") throw new DiagnosticError(built.errors);
  for (const warning of built.warnings) process.emitWarning(renderDiagnostic(warning, { color: false }));
  if (develops && !hasOptions(query)) writeTypes(file, built.types);
  return cached(file, "module.mjs", built.code);
}
