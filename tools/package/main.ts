// Writes the package that users install to dist/: `npm run build`. docs/releasing.md describes it.
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { bundledCode } from "./code.ts";
import { licences } from "./licences.ts";
import { commandEntries, externalPackages, libraryEntries, publishedManifest, root } from "./manifest.ts";
import { typeFiles } from "./types.ts";

const dist = `${root}dist/`;
const copied = ["README.md", "CHANGELOG.md", "LICENSE", "data", "docs/diagnostics"];

function write(path: string, text: string): void {
  mkdirSync(dirname(dist + path), { recursive: true });
  writeFileSync(dist + path, text);
}

rmSync(dist, { recursive: true, force: true });
const external = externalPackages();
const [code, types] = await Promise.all([
  bundledCode({ ...libraryEntries(), ...commandEntries() }, external),
  typeFiles(libraryEntries(), external),
]);
for (const { path, text } of [...code.files, ...types]) write(path, text);
for (const path of Object.keys(commandEntries())) chmodSync(`${dist}${path}.js`, 0o755);
for (const path of copied) cpSync(root + path, dist + path, { recursive: true });
write("package.json", publishedManifest());
write("THIRD-PARTY-LICENSES.txt", licences(code.packages));

const sizes = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((file) => file.isFile())
  .map((file) => ({
    path: `${file.parentPath}/${file.name}`,
    bytes: readFileSync(`${file.parentPath}/${file.name}`).length,
  }));
for (const [name, pattern] of [
  ["code", /\.js$/],
  ["source maps", /\.map$/],
  ["types", /\.d\.ts$/],
  ["digits", /\.gz$/],
  ["other", /(?<!\.js|\.map|\.d\.ts|\.gz)$/],
] as const) {
  const of = sizes.filter(({ path }) => pattern.test(path));
  console.log(
    `${name.padEnd(12)} ${String(of.length).padStart(4)} files ${String(of.reduce((sum, { bytes }) => sum + bytes, 0)).padStart(9)} bytes`,
  );
}
