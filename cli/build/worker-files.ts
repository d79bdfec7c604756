import type { Plan } from "../../runtime/plan.ts";
import { clientDeclarations } from "./declarations.ts";
import { link } from "./glue/link.ts";
import type { GlueParts } from "./glue/piece.ts";

/**
 * The files by which a page runs a model in a worker: `client.mjs`, which has `loadInWorker`, and `worker.mjs`. In an
 * inline build, whose whole module is `inlined`, the client has the text of its worker in it.
 */
export function workerFiles(glue: GlueParts, plan: Plan, inlined: string | undefined): ReadonlyMap<string, string> {
  const trains = plan.entries.some(({ kind }) => kind === "train");
  const server = link(glue, ["serve", ...(trains ? ["training"] : [])]);
  const client = link(glue, ["workerLoader", "DlcError", ...(trains ? ["trainer"] : [])]);
  const serve = `${server.text}${server.nameOf("serve")}(load${trains ? `,${server.nameOf("training")}` : ""})`;
  // Short names of the module and of the server may be the same.
  const text = inlined === undefined ? `import{load}from"./module.mjs";${serve};\n` : `${inlined}(()=>{${serve}})();\n`;
  const script =
    inlined === undefined
      ? // Written out, so that bundlers find the file. Node has no `Worker`, and bundlers must not copy it once more.
        `{start:()=>new Worker(new URL("./worker.mjs",import.meta.url),{type:"module"}),url:()=>new URL(/* webpackIgnore: true */ /* @vite-ignore */ "./worker.mjs",import.meta.url)}`
      : `{start:()=>new Worker(text,{type:"module"}),url:()=>text}`;
  const loader = `${client.nameOf("workerLoader")}(${script}${trains ? `,${client.nameOf("trainer")}` : ""})`;
  const constant =
    inlined === undefined ? "" : `const text="data:text/javascript,"+encodeURIComponent(${JSON.stringify(text)});\n`;
  return new Map([
    ...(inlined === undefined ? [["worker.mjs", `${workerBanner}${text}`] as const] : []),
    [
      "client.mjs",
      `${clientBanner}${client.text}\n${constant}export const loadInWorker=${loader};export{${client.nameOf("DlcError")} as DlcError};\n`,
    ],
    ["client.d.ts", clientDeclarations(glue.workerTypes, trains)],
    ["client.d.mts", 'export * from "./client.js";\n'],
  ]);
}

const workerBanner = "// The worker of a compiled model: client.mjs starts it. Made by dlc.\n";
const clientBanner = "// Runs a compiled model in a worker: `loadInWorker` starts it. Made by dlc.\n";
