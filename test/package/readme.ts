import { readFileSync } from "node:fs";

/** A step of "Get started" in the README: a file to save, or a command. */
export type Step =
  | { readonly kind: "file"; readonly name: string; readonly text: string }
  | { readonly kind: "run"; readonly where: "clone" | "project"; readonly command: string };

/** The fences of the section, in order, word for word. */
export function firstSteps(): readonly Step[] {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const section = /^## Get started\n([\s\S]*?)^## /m.exec(readme)?.[1] ?? "";
  return [...section.matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm)].flatMap(
    ([, language, info = "", text = ""]): readonly Step[] => {
      const name = /^file=(\S+)$/.exec(info)?.[1];
      if (name !== undefined) return [{ kind: "file", name, text }];
      if (language !== "sh") throw new Error(`a fence that is neither a file nor commands: ${text}`);
      const where = info === "clone" ? "clone" : "project";
      return text
        .trim()
        .split("\n")
        .map((command): Step => ({ kind: "run", where, command }));
    },
  );
}
