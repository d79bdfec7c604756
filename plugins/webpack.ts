// `import net from "./net.dl"` in webpack: see [Bundlers](bundlers.md).
import { plugin, type DlcPlugin } from "./plugin.ts";

export type { ModelOptions, PluginOptions } from "./options.ts";

/**
 * The plugin, for `plugins` of webpack's configuration. Throws E0818 for an unknown option.
 *
 * @example
 * import { dlc } from "dlc/webpack";
 * const plugins = [dlc({ mode: "strict", files: { "mlp.dl": { dims: { N: 1 } } } })];
 * typeof plugins[0].apply; // => "function"
 */
export const dlc: DlcPlugin["webpack"] = plugin.webpack;
