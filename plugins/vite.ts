import { plugin } from "./plugin.ts";

export type { ModelOptions, PluginOptions } from "./options.ts";

export const dlc = plugin.vite;
