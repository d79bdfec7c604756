import { createUnplugin, type UnpluginInstance } from "unplugin";
import type { Diagnostic } from "../dsl/diagnostic.ts";
import { buildModel, diagnosticsOf, type BuiltModel } from "./build-model.ts";
import type { Context } from "./host.ts";
import { hostOf } from "./hosts.ts";
import { messageOf } from "./messages.ts";
import { isModel, partsOfId } from "./model-id.ts";
import { checkPluginOptions, hasOptions, optionsFor, type PluginOptions } from "./options.ts";
import { writeTypes } from "./types-file.ts";

/** Bundlers that go on after an error find the same exports, so that it remains the only one. */
const nothing = "export const load=undefined,DlcError=undefined;export default {load};\n";

/** Named, so that the types of the package mention `unplugin` instead of what it mentions. */
export type DlcPlugin = UnpluginInstance<PluginOptions | undefined, false>;

export const plugin: DlcPlugin = createUnplugin((given = {}, meta) => {
  const config = checkPluginOptions(given);
  const host = hostOf(meta);

  async function build(id: string, context: Context): Promise<string> {
    const { file, query } = partsOfId(id);
    const placement = host.placement(file, context);
    const built = await modelOf(id, context, placement.urlOf);
    for (const path of [...built.reads, ...(host.forgetsModule ? [file] : [])]) context.addWatchFile(path);
    if (built.kind === "failed") {
      context.error(messageOf(built.errors, host.showsFrame));
      return nothing;
    }
    const warn = (warning: Diagnostic): void => context.warn(messageOf([warning], host.showsFrame));
    for (const warning of built.warnings) warn(warning);
    // Those of an import with options would not be those of one without.
    if (config.types !== false && !hasOptions(query) && !file.includes("node_modules"))
      try {
        writeTypes(file, built.types);
      } catch (error) {
        for (const each of diagnosticsOf(error)) warn(each);
      }
    return placement.imports() + built.code;
  }

  async function modelOf(id: string, context: Context, urlOf: Parameters<typeof buildModel>[2]): Promise<BuiltModel> {
    const { file, query } = partsOfId(id);
    try {
      return await buildModel(file, host.complete(optionsFor(file, query, config), context), urlOf);
    } catch (error) {
      return { kind: "failed", errors: diagnosticsOf(error), reads: [] };
    }
  }

  return {
    name: "dlc",
    ...host.hooks,
    loadInclude: (id) => isModel(id) || host.isOwn?.(id) === true,
    load(id) {
      const context = this as unknown as Context;
      return host.standIn?.(id, context) ?? build(id, context);
    },
  };
});
