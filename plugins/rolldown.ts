// `import net from "./net.dl"` in Rolldown: see [Bundlers](bundlers.md).
import { plugin, type DlcPlugin } from "./plugin.ts";

export type { ModelOptions, PluginOptions } from "./options.ts";

/**
 * The plugin, for `plugins` of Rolldown's configuration. Throws E0818 for an unknown option.
 *
 * @example
 * import { dlc } from "dlc/rolldown";
 * const plugins = [dlc({ mode: "strict", files: { "mlp.dl": { dims: { N: 1 } } } })];
 * plugins[0].name; // => "dlc"
 */
export const dlc: DlcPlugin["rolldown"] = plugin.rolldown;
