import type { Plan } from "../../runtime/plan.ts";
import { pageTexts } from "./page-texts.ts";
import type { Config } from "./page/model.ts";

/** The files of a page that runs a built model, which are beside its `module.mjs`. */
export async function pageFiles(plan: Plan, labels: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { html, css, script } = await pageTexts();
  return new Map([
    [
      "index.html",
      filled(html, plan, labels, {
        style: '<link rel="stylesheet" href="./page.css" />\n    <link rel="modulepreload" href="./module.mjs" />',
        script: '<script type="module" src="./page.mjs"></script>',
      }),
    ],
    ["page.css", css],
    ["page.mjs", script],
  ]);
}

/** The same as one file that has the model in it, and runs from a `file://` URL: `glue` is a module without imports. */
export async function inlinePage(plan: Plan, labels: readonly string[], glue: string): Promise<string> {
  const { html, css, script } = await pageTexts();
  return filled(html, plan, labels, {
    style: `<style>\n${css}</style>`,
    script: `<script type="text/plain" id="model">${inScript(glue)}</script>\n    <script type="module">\n${inScript(script)}</script>`,
  });
}

/** Text in a script element must not end it, or begin a comment; both occur only in strings. */
const inScript = (text: string): string => text.replaceAll(/<(?=\/script|!--)/gi, "\\x3C");

function filled(
  html: string,
  { model, settings = [], persistent }: Plan,
  labels: readonly string[],
  parts: { readonly style: string; readonly script: string },
): string {
  const whole = (path: string): boolean => persistent.find((tensor) => tensor.path === path)?.dtype === "i32";
  const config: Config = {
    title: model,
    labels,
    settings: settings.map((setting) => ({ ...setting, whole: whole(setting.path) })),
  };
  const values: Readonly<Record<string, string>> = {
    ...parts,
    title: model.replaceAll("&", "&amp;").replaceAll("<", "&lt;"),
    config: JSON.stringify(config).replaceAll("<", "\\u003c"),
  };
  return html.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? "");
}
