import type { IParserErrorMessageProvider, TokenType } from "chevrotain";

/**
 * The parser library hands the tokens that would have fitted to its message builder and nowhere else, so our messages are these
 * tokens' names, apart by spaces; the words that a user reads are made in `complain.ts`.
 */
export const expectations: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => expected.name,
  buildNotAllInputParsedMessage: () => "",
  buildNoViableAltMessage: ({ expectedPathsPerAlt }) => firsts(expectedPathsPerAlt.flat()),
  buildEarlyExitMessage: ({ expectedIterationPaths }) => firsts(expectedIterationPaths),
};

function firsts(paths: readonly (readonly TokenType[])[]): string {
  return [...new Set(paths.flatMap((path) => (path[0] ? [path[0].name] : [])))].join(" ");
}
