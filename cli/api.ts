// The API for Node: the compiler with access to files. Browsers use `dlc/compiler` with a resolver of their own.
import { compileModule, type Mode, type Target, type Variants } from "../compiler/index.ts";
import type { Diagnostic } from "../dsl/diagnostic.ts";
import type { Source } from "../dsl/span.ts";
import { DiagnosticError } from "../dsl/diagnostic-error.ts";
import { checkSizes, sharedKinds } from "../compiler/support/option-kinds.ts";
import type { AnyModel, ModelTypes } from "../runtime/model.ts";
import { aBoolean, asyncDoor, checkOptions, showValue } from "../runtime/door.ts";
import { reject } from "../runtime/error.ts";
import { profileSteps } from "../runtime/profile.ts";
import { createSession, type Session } from "../runtime/session.ts";
import { createResolver } from "./host/resolver.ts";
import { pathOf, readSource } from "./host/source.ts";

export type { Diagnostic } from "../dsl/diagnostic.ts";
export { DiagnosticError };
export { renderDiagnostic, type RenderOptions } from "../dsl/render.ts";
export { DlcError } from "../runtime/error.ts";
export type { Inputs, Session, StateTensor, Tensor } from "../runtime/index.ts";

/** The options of `compile`. */
export interface Options {
  /** Sizes of the dims that the entries name. */
  readonly dims?: Readonly<Record<string, number>>;
  /**
   * Several sets of dims that share params and state, for all entries or by entry:
   * `{ predict: [{ N: 1 }, { N: 64 }], step: [{ N: 64 }] }`; an entry that is not named then has the sizes of `dims`.
   * A call uses the set that matches its inputs.
   */
  readonly variants?: Variants;
  readonly entries?: readonly string[];
  /**
   * Parts of models whose last results an entry also returns, under their paths: `{ predict: ["Net.block1"] }`. Nothing
   * else about the module changes.
   */
  readonly taps?: Readonly<Record<string, readonly string[]>>;
  readonly mode?: Mode;
  readonly target?: Target;
  /** Only one thread is supported in this version. */
  readonly threads?: 1;
  readonly seed?: number;
  readonly profile?: boolean;
  /** False leaves out the check that indices in inputs are in range (E0817). */
  readonly checks?: boolean;
  /** Verifies the graph after every pass. */
  readonly verify?: boolean;
}

/** A model in memory, with what the compiler knows about it. */
export interface Model<T extends ModelTypes = AnyModel> extends Session<T> {
  readonly warnings: readonly Diagnostic[];
}

const optionKinds = {
  ...sharedKinds,
  threads: ["1: only one thread is supported in this version", (value: unknown) => value === 1],
  seed: ["an integer", () => true],
  checks: aBoolean,
} as const;

/**
 * Compiles a model and starts a session: `source` is the text of a model, or the path or URL of a `.dl` file.
 * `compile<Types>` has the types of the file, which the plugin for bundlers writes.
 * Throws a `DiagnosticError` with all errors in the text; calls of the model throw `DlcError`s.
 *
 * @example
 * import { compile } from "dlc";
 * const model = await compile("mlp.dl", { dims: { N: 1 }, seed: 0 });
 * model.run("predict", { image: new Float32Array(784) }).probs.shape; // => [1, 10]
 *
 * const sizes = { predict: [{ N: 1 }, { N: 8 }], step: [{ N: 8 }] };
 * const several = await compile("mlp.dl", { variants: sizes, taps: { predict: ["MLP.dense1"] } });
 * several.run("predict", { image: new Float32Array(8 * 784) })["MLP.dense1"].shape; // => [8, 256]
 */
export const compile = asyncDoor(
  async <T extends ModelTypes = AnyModel>(source: string | URL, given: Options = {}): Promise<Model<T>> => {
    const options = checkOptions(given, "compile", optionKinds);
    checkSizes(options, "compile");
    if (typeof source !== "string" && !(source instanceof URL))
      reject(
        "E0818",
        `\`compile\` needs the text of a model, or the path or URL of a .dl file, got ${showValue(source)}`,
      );
    const { seed, checks, threads: _, ...compileOptions } = options;
    const compiled = checked(() => {
      const path = pathOf(source);
      const text: Source = path === null ? { name: "<input>", text: String(source) } : readSource(path);
      return compileModule(text, { ...compileOptions, resolve: createResolver(path) });
    });
    const session = await createSession(compiled.plan, await compiled.code(), {
      ...(seed !== undefined && { seed }),
      ...(checks !== undefined && { checks }),
      ...(options.mode !== undefined && { mode: options.mode }),
      profiler: profileSteps,
    });
    // Only the caller knows which file the types are of.
    return { ...(session as unknown as Session<T>), warnings: compiled.warnings };
  },
);

/** The stack of an error in the text or the options begins at the caller: frames inside the compiler tell nothing. */
function checked<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof DiagnosticError) Error.captureStackTrace(error, compile);
    throw error;
  }
}
