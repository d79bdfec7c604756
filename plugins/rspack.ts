// `import net from "./net.dl"` in Rspack: see [Bundlers](bundlers.md).
import { plugin, type DlcPlugin } from "./plugin.ts";

export type { ModelOptions, PluginOptions } from "./options.ts";

/**
 * The plugin, for `plugins` of Rspack's configuration. Throws E0818 for an unknown option.
 *
 * @example
 * import { dlc } from "dlc/rspack";
 * const plugins = [dlc({ mode: "strict", files: { "mlp.dl": { dims: { N: 1 } } } })];
 * typeof plugins[0].apply; // => "function"
 */
export const dlc: DlcPlugin["rspack"] = plugin.rspack;
