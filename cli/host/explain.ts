import { readFileSync } from "node:fs";
import { ops } from "../../compiler/ops/table.ts";
import { didYouMean } from "../../dsl/suggest.ts";
import { catalogue } from "./codes.ts";
import { packageFile } from "./package-file.ts";
import { reject } from "./reject.ts";
import { opPage } from "./op-page.ts";

/** The documentation of a code. `page` is Markdown that begins with the line `# CODE: sentence`. */
export interface Explanation {
  readonly code: string;
  readonly says: string;
  readonly page: string;
}

/** Throws E1021 for a code that does not exist. */
export function explainCode(asked: string): Explanation {
  const code = codeOf(asked);
  const says = catalogue.get(code);
  if (says !== undefined) return { code, says, page: readFileSync(packageFile(`docs/diagnostics/${code}.md`), "utf8") };
  const known = conditions();
  const condition = known.get(code);
  if (condition !== undefined) return { code, says: condition.says, page: condition.page() };
  const near = didYouMean(asked, [...catalogue.keys(), ...known.keys()]);
  return reject(
    "E1021",
    `unknown diagnostic code ${asked}`,
    `${near === null ? "" : `did you mean \`${near}\`? `}codes look like E0106, or dot-c2 for a condition of an op`,
  );
}

/** `E0817` for `e0817`, `E817` and `817`; all else in small letters, as the conditions of ops are written. */
function codeOf(asked: string): string {
  const [, letter = "", digits] = /^([EW]?)0*(\d{1,4})$/i.exec(asked) ?? [];
  const letters = letter === "" ? ["E", "W"] : [letter.toUpperCase()];
  const numbered = digits === undefined ? [] : letters.map((first) => `${first}${digits.padStart(4, "0")}`);
  return numbered.find((code) => catalogue.has(code)) ?? asked.toLowerCase();
}

/** The conditions of ops by code: `<op>-<label>`. */
function conditions(): ReadonlyMap<string, { readonly says: string; readonly page: () => string }> {
  return new Map(
    [...ops.values()].flatMap((op) =>
      Object.entries(op.requires).map(([label, { message }]) => [
        `${op.name}-${label}`,
        { says: message, page: () => opPage(op, label) },
      ]),
    ),
  );
}

/**
 * Markdown for a terminal: headings bold, code indented instead of fenced, links as their text, paragraphs wrapped to a
 * width.
 */
export function renderPage(page: string, color: boolean, width = 100): string {
  const [bold, dim, reset] = color ? ["\x1b[1m", "\x1b[36m", "\x1b[0m"] : ["", "", ""];
  const lines: string[] = [];
  let inCode = false;
  let paragraph: string[] = [];
  const flush = (): void => {
    if (paragraph.length > 0)
      lines.push(...wrap(paragraph.join(" ").replaceAll(/\[([^\]]+)\]\([^)]+\)/g, "$1"), width));
    paragraph = [];
  };
  for (const line of page.trimEnd().split("\n")) {
    if (line.startsWith("```")) {
      inCode = !inCode;
      const [, file] = /file=(\S+)/.exec(line) ?? [];
      if (inCode && file !== undefined) lines.push(`    // ${file}`);
    } else if (inCode) lines.push(line === "" ? "" : `    ${dim}${line}${reset}`);
    else if (line.startsWith("#")) lines.push(`${bold}${line.replace(/^#+ /, "")}${reset}`);
    else if (line === "" || line.startsWith("- ")) {
      flush();
      if (line === "") lines.push("");
      else paragraph.push(line);
    } else paragraph.push(line);
  }
  flush();
  return lines.join("\n");
}

/** Wraps at word boundaries and indents list items; a word longer than the width gets its own line. */
function wrap(text: string, width: number): string[] {
  const lines = [""];
  const indent = text.startsWith("- ") ? "  " : "";
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(indent + word);
  }
  return lines;
}
