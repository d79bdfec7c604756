import type { GlueParts } from "./piece.ts";

let made: Promise<GlueParts> | undefined;

/**
 * The runtime in parts. In a checkout they are made from the sources when a build first needs them; the build of the
 * package replaces this file by one that has them as data.
 */
export const glueParts = (): Promise<GlueParts> =>
  (made ??= import("./split.ts").then(({ splitRuntime }) => splitRuntime()));
