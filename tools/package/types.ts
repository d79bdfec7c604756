import { rolldown } from "rolldown";
import { dts } from "rolldown-plugin-dts";
import type { CodeFile } from "./code.ts";
import { root, type Entries } from "./manifest.ts";

/** Declarations of the entries and of the types that they mention, and of nothing else. */
export async function typeFiles(entries: Entries, external: readonly string[]): Promise<readonly CodeFile[]> {
  const build = await rolldown({
    cwd: root,
    input: { ...entries },
    external: [/^node:/, ...external],
    plugins: [dts({ emitDtsOnly: true, tsconfig: `${root}tsconfig.json` })],
    logLevel: "silent",
  });
  const { output } = await build.generate({ format: "esm", chunkFileNames: "types/[name]-[hash].js" });
  await build.close();
  return output
    .filter((file) => file.type === "chunk")
    .map(({ fileName, code }) => ({ path: fileName, text: withMergedInterfaces(code) }));
}

/** `declare module "./ir.ts" { interface A extends B {} }`: the interface is in the same file now, and merges there. */
const withMergedInterfaces = (text: string): string =>
  text.replaceAll(/^declare module "\.[^"]*" \{\n([\s\S]*?)^\}\n/gm, "$1");
