import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

/** The parts of a page that are the same for every model. */
export interface PageTexts {
  readonly html: string;
  readonly css: string;
  readonly script: string;
}

/** From the source of the page; in a package this module holds the texts themselves. */
export async function pageTexts(): Promise<PageTexts> {
  return { html: read("index.html"), css: read("page.css"), script: await bundled("main.ts") };
}

const urlOf = (name: string): URL => new URL(`page/${name}`, import.meta.url);
const read = (name: string): string => readFileSync(urlOf(name), "utf8");

async function bundled(name: string): Promise<string> {
  const bundle = await rolldown({ input: fileURLToPath(urlOf(name)), logLevel: "silent" });
  const { output } = await bundle.generate({ format: "es", minify: true });
  await bundle.close();
  return output[0].code;
}
