// `npm run docs`: writes the generated pages of docs/.
import { writeFileSync } from "node:fs";
import { generatedPages } from "./pages.ts";

for (const [name, text] of generatedPages()) writeFileSync(new URL(`../../docs/${name}`, import.meta.url), text);
