import { apiPage } from "./api/page.ts";
import { diagnosticsPage } from "./diagnostics.ts";
import { libraryPage } from "./library.ts";
import { opsPage } from "./ops.ts";
import { passesPage } from "./passes.ts";

/** The generated pages of `docs/`, by file name. */
export const generatedPages = (): ReadonlyMap<string, string> =>
  new Map([
    ["api.md", apiPage()],
    ["library.md", libraryPage()],
    ["ops.md", opsPage()],
    ["passes.md", passesPage()],
    ["diagnostics.md", diagnosticsPage()],
  ]);
