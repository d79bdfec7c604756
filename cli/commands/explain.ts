import { Command } from "commander";
import { withJson } from "../options.ts";

export function explain(): Command {
  return withJson(
    new Command("explain")
      .description("explains a diagnostic code, with an example and a fix")
      .argument("<code>", "such as E0106 or dot-c2"),
  ).action(async (code: string, flags: { readonly json?: true }) => {
    const [{ explainCode, renderPage }, { hasColor }] = await Promise.all([
      import("../host/explain.ts"),
      import("../host/terminal.ts"),
    ]);
    const found = explainCode(code);
    console.log(
      flags.json
        ? JSON.stringify(found, null, 2)
        : renderPage(found.page, hasColor(process.stdout), Math.min(process.stdout.columns || 100, 100)),
    );
  });
}
