import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { emit, type Context, type Host } from "./host.ts";
import { buildMark, isModel, partsOfId } from "./model-id.ts";
import { emitted, onDisk, served } from "./placement.ts";

const hotClient = (): string => fileURLToPath(import.meta.resolve("dlc/hot"));

/** Its dev server does not bundle, and swaps modules in the running page. */
export function viteHost(): Host {
  let config = { command: "build", base: "/" };
  const isServer = ({ environment }: Context): boolean => environment?.config.consumer === "server";
  return {
    complete(options, { environment }) {
      // Models are swapped with members that a lean build may lack.
      if (config.command === "serve") return { ...options, full: true };
      // A build for servers writes no assets, unless it is told to.
      return environment?.config.build.emitAssets === false ? { ...options, inline: true } : options;
    },
    placement(model, context) {
      if (config.command === "build") return emitted(model, emit(context));
      return isServer(context) ? onDisk(model) : served(model, config.base);
    },
    showsFrame: true,
    isOwn: (id) => id === hotClient(),
    standIn(id, context) {
      if (id === hotClient()) return readFile(id, "utf8");
      const isPage = config.command === "serve" && !isServer(context);
      return isPage && isModel(id) && !partsOfId(id).query.has(buildMark) ? Promise.resolve(hotModule(id)) : null;
    },
    hooks: {
      resolveId: (source) => (source === "dlc/hot" ? hotClient() : null),
      vite: {
        configResolved(resolved) {
          config = resolved;
        },
      },
    },
  };
}

/** It accepts itself: after an edit it runs again, while the modules that import it keep what they have. */
const hotModule = (
  id: string,
): string => `import * as build from ${JSON.stringify(`${id}${id.includes("?") ? "&" : "?"}${buildMark}`)};
import { hotLoad } from "dlc/hot";
export const load = await hotLoad(import.meta.hot.data, build.load);
export const DlcError = build.DlcError;
export default { load };
import.meta.hot.accept();
`;
