/** The line under the title of a generated page. */
export const generated = (from: string): string =>
  `<!-- Written by \`npm run docs\` from ${from}; a test fails if it is stale. -->`;

/** A table; bars inside cells are escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

export const code = (text: string): string => `\`${text}\``;
export const sentence = (text: string): string => `${text}${/[.!?]$/.test(text) ? "" : "."}`;
