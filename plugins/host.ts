import type { UnpluginMessage, UnpluginOptions } from "unplugin";
import type { ModelOptions } from "./options.ts";
import type { Placement } from "./placement.ts";

/** What the hooks of all bundlers have, as far as it is used here. */
export interface Context {
  addWatchFile(path: string): void;
  warn(message: UnpluginMessage): void;
  error(message: UnpluginMessage): void;
  /** Returns a reference in Rollup and its kin. */
  emitFile(file: { readonly type: "asset"; readonly name: string; readonly source: Uint8Array }): unknown;
  /** Of Vite. */
  readonly environment?: {
    readonly config: { readonly consumer: "client" | "server"; readonly build: { readonly emitAssets: boolean } };
  };
}

/** What a bundler has of its own. */
export interface Host {
  /** Adds what follows from the state of the bundler. */
  complete(options: ModelOptions, context: Context): ModelOptions;
  placement(model: string, context: Context): Placement;
  /** Whether its errors have a field for a code frame. */
  readonly showsFrame: boolean;
  /** Whether it forgets the file of a module that a plugin has loaded. */
  readonly forgetsModule?: true;
  /** A module that it needs besides models. */
  isOwn?(id: string): boolean;
  /** The text of such a module, or of one that stands for a model; null for the model itself. */
  standIn?(id: string, context: Context): Promise<string> | null;
  readonly hooks: Omit<UnpluginOptions, "name" | "load" | "loadInclude">;
}

/** The text of a reference to a file that the bundler writes. */
export const emit =
  (context: Context) =>
  (name: string, source: Uint8Array): string =>
    String(context.emitFile({ type: "asset", name, source }));
