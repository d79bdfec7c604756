// `import net from "./net.dl"` in esbuild: see [Bundlers](bundlers.md).
import { plugin, type DlcPlugin } from "./plugin.ts";

export type { ModelOptions, PluginOptions } from "./options.ts";

/**
 * The plugin, for `plugins` of esbuild's configuration. Throws E0818 for an unknown option.
 *
 * @example
 * import { dlc } from "dlc/esbuild";
 * const plugins = [dlc({ mode: "strict", files: { "mlp.dl": { dims: { N: 1 } } } })];
 * plugins[0].name; // => "dlc"
 */
export const dlc: DlcPlugin["esbuild"] = plugin.esbuild;
