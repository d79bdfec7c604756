import { readFileSync } from "node:fs";
import { ops } from "../../compiler/ops/table.ts";
import { didYouMean } from "../../dsl/suggest.ts";
import { catalogue } from "./codes.ts";
import { complain } from "./complain.ts";
import { opPage } from "./op-page.ts";

/** What is known of a code. `page` is Markdown, and begins with the line `# CODE: sentence`. */
export interface Explanation {
  readonly code: string;
  readonly says: string;
  readonly page: string;
}

/** Throws E1021 for a code that does not exist. */
export function explainCode(asked: string): Explanation {
  const code = catalogue.has(asked.toUpperCase()) ? asked.toUpperCase() : asked.toLowerCase();
  const says = catalogue.get(code);
  if (says !== undefined) return { code, says, page: readFileSync(new URL(`../../docs/diagnostics/${code}.md`, import.meta.url), "utf8") };
  const known = conditions();
  const condition = known.get(code);
  if (condition !== undefined) return { code, says: condition.says, page: condition.page() };
  const near = didYouMean(asked, [...catalogue.keys(), ...known.keys()]);
  return complain(
    "E1021",
    `there is no code ${asked}`,
    `${near === null ? "" : `did you mean ${near}? `}codes look like E0106; an op's own, such as dot-c2, name its condition`,
  );
}

/** The conditions of ops by code: `<op>-<label>`. */
function conditions(): ReadonlyMap<string, { readonly says: string; readonly page: () => string }> {
  return new Map(
    [...ops.values()].flatMap((op) => Object.entries(op.requires).map(([label, [says]]) => [`${op.name}-${label}`, { says, page: () => opPage(op, label) }])),
  );
}

/** Markdown for a terminal: headings bold, code indented instead of fenced, links and emphasis as their text. */
export function renderPage(page: string, color: boolean): string {
  const [bold, dim, reset] = color ? ["\x1b[1m", "\x1b[36m", "\x1b[0m"] : ["", "", ""];
  let inCode = false;
  const lines = page
    .trimEnd()
    .split("\n")
    .flatMap((line) => {
      if (line.startsWith("```")) {
        inCode = !inCode;
        const [, file] = /file=(\S+)/.exec(line) ?? [];
        return inCode && file !== undefined ? [`    // ${file}`] : [];
      }
      if (inCode) return [line === "" ? "" : `    ${dim}${line}${reset}`];
      if (line.startsWith("#")) return [`${bold}${line.replace(/^#+ /, "")}${reset}`];
      return [line.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, "$1")];
    });
  return lines.join("\n");
}
