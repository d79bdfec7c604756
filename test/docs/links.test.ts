// Links on pages lead to files and headings that exist.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const docs = readdirSync(new URL("docs/", root)).filter((name) => name.endsWith(".md"));
const pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...docs.map((name) => `docs/${name}`)];

const withoutFences = (text: string): string => text.replaceAll(/^```[\s\S]*?^```$/gm, "");

/** The anchors of the headings, as code hosts make them; one that occurs again has a number. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of withoutFences(text).matchAll(/^#+ (.*)$/gm)) {
    const anchor = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-");
    let numbered = anchor;
    for (let i = 1; anchors.has(numbered); i++) numbered = `${anchor}-${i}`;
    anchors.add(numbered);
  }
  return anchors;
}

test.each(pages)("%s has no broken links", (page) => {
  const url = new URL(page, root);
  const links = [...withoutFences(readFileSync(url, "utf8")).matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = ""]) => to);
  const broken = links
    .filter((to) => !/^https?:/.test(to))
    .filter((to) => {
      const target = new URL(to, url);
      const anchor = target.hash.slice(1);
      target.hash = "";
      if (!existsSync(target)) return true;
      return anchor !== "" && !anchorsOf(readFileSync(target, "utf8")).has(anchor);
    });
  expect(broken).toEqual([]);
});
