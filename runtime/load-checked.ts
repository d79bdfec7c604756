import { readManifest } from "./check-manifest.ts";
import { asyncDoor } from "./door.ts";
import { loader, type LoadOptions } from "./load.ts";
import type { Session } from "./session.ts";

/** Loads a built model from the folder of `base`, without its `module.mjs`. The manifest is checked part by part. */
export const loadBuilt = asyncDoor((base: string, options?: LoadOptions): Promise<Session> =>
  loader(base, readManifest)(options),
);
