import type { IParserErrorMessageProvider, TokenType } from "chevrotain";

/**
 * The parser library passes the expected tokens to its message builder only, so our "messages" are the names of these
 * tokens, separated by spaces; `parser-failure.ts` turns them into the text for the user.
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
