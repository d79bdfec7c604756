import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The licences of the packages whose code is part of this one, as they ask. */
export function licences(packages: readonly string[]): string {
  const parts = packages.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Package;
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    const text = file === undefined ? `${license}\n` : readFileSync(join(folder, file), "utf8");
    return `${name} ${version} (${license})\n\n${text}`;
  });
  return `The code of dlc includes these packages.\n\n${parts.join(`\n${"-".repeat(80)}\n\n`)}`;
}

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}
