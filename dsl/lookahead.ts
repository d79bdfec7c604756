import { LLkLookaheadStrategy, type ILookaheadStrategy } from "chevrotain";

const eager = new LLkLookaheadStrategy({ maxLookahead: 2 });

/**
 * The lookahead of chevrotain, computed for a choice when a parser first comes to it. A text uses few of the grammar's
 * choices, and to compute all of them would be most of the parser's start-up time.
 */
export const lazyLookahead: ILookaheadStrategy = {
  validate: (options) => eager.validate(options),
  buildLookaheadForAlternation: (options) => lazily(() => eager.buildLookaheadForAlternation(options)),
  buildLookaheadForOptional: (options) => lazily(() => eager.buildLookaheadForOptional(options)),
};

/** A lookahead function reads the parser's tokens through `this`. */
function lazily<This, Args extends unknown[], Result>(
  make: () => (this: This, ...args: Args) => Result,
): (this: This, ...args: Args) => Result {
  let made: ReturnType<typeof make> | null = null;
  return function (...args) {
    made ??= make();
    return made.apply(this, args);
  };
}
