import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** Sources by the path of their output without extension: `{ "cli/api": "cli/api.ts" }`. */
export type Entries = Readonly<Record<string, string>>;

type Target = string | { readonly [condition: string]: Target };

interface Manifest {
  readonly [field: string]: unknown;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, Target>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const readManifest = (): Manifest => JSON.parse(readFileSync(`${root}package.json`, "utf8")) as Manifest;

const isSource = (target: string): boolean => target.endsWith(".ts");
const stem = (target: string): string => target.replace(/^\.\//, "").replace(/\.ts$/, "");

const leaves = (target: Target): readonly string[] =>
  typeof target === "string" ? [target] : Object.values(target).flatMap(leaves);

const entriesOf = (targets: readonly string[]): Entries =>
  Object.fromEntries(targets.filter(isSource).map((target) => [stem(target), target.replace(/^\.\//, "")]));

/** What users import. */
export const libraryEntries = (): Entries => entriesOf(Object.values(readManifest().exports).flatMap(leaves));

/** What users run. */
export const commandEntries = (): Entries => entriesOf(Object.values(readManifest().bin));

/** Packages that users install with this one. All others are part of its files. */
export const externalPackages = (): readonly string[] => Object.keys(readManifest().dependencies ?? {});

/** Fields that only a checkout needs. */
const ofCheckout = ["private", "scripts", "devDependencies", "allowScripts"];

/** The package.json that users get: that of the checkout, where each source is its output and the types of it. */
export function publishedManifest(): string {
  const { bin, exports, ...fields } = readManifest();
  const kept = Object.fromEntries(Object.entries(fields).filter(([name]) => !ofCheckout.includes(name)));
  const published = {
    ...kept,
    engines: { node: ">=22.12" },
    // `import "dlc/register"` is for what it does.
    sideEffects: ["./plugins/register.js"],
    bin: Object.fromEntries(Object.entries(bin).map(([name, target]) => [name, `${stem(target)}.js`])),
    exports: Object.fromEntries(Object.entries(exports).map(([name, target]) => [name, publishedTarget(target)])),
  };
  return `${JSON.stringify(published, null, 2)}\n`;
}

function publishedTarget(target: Target): Target {
  if (typeof target !== "string")
    return Object.fromEntries(Object.entries(target).map(([condition, each]) => [condition, publishedTarget(each)]));
  if (!isSource(target)) return target;
  return { types: `./${stem(target)}.d.ts`, default: `./${stem(target)}.js` };
}
