import { spawnSync } from "node:child_process";
import { readFileSync, statSync, utimesSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { buildModel } from "../../plugins/build-model.ts";
import { onDisk } from "../../plugins/placement.ts";
import { writeTypes } from "../../plugins/types-file.ts";
import { Project } from "./project.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

async function writeTypesOf(project: Project, n: number): Promise<void> {
  const file = project.path("net.dl");
  const built = await buildModel(file, { dims: { N: n } }, onDisk(file).urlOf);
  if (built.kind === "built") writeTypes(file, built.types);
  expect(built).toMatchObject({ kind: "built", reads: [project.path("head.dl")] });
}

const use = `import { compile } from "dlc";
import net, { DlcError, load, type Model, type Types } from "./net.dl";

const model: Model = await net.load({ seed: 1 });
const { logits } = model.run("predict", { x: new Float32Array(8) });
const shape: readonly [2, 3] = logits.shape;
// @ts-expect-error the input has another name
model.run("predict", { y: new Float32Array(8) });
// @ts-expect-error the model has no settings
model.set("lr", 0.1);

const compiled = await compile<Types>(new URL("./net.dl", import.meta.url), { dims: { N: 2 } });
const weights: readonly [4, 8] = compiled.state.get("Net.dense1.w").shape;
compiled.run("predict", { x: [[1, 2, 3, 4], [5, 6, 7, 8]] }).logits;
// @ts-expect-error the entry does not exist
compiled.run("predicts", { x: new Float32Array(8) });

const untyped = await compile("dl 1");
untyped.run("anything", { x: [1] });

export { DlcError, load, shape, weights };
`;

const config = {
  extends: `${root}tsconfig.json`,
  compilerOptions: {
    allowArbitraryExtensions: true,
    typeRoots: [`${root}node_modules/@types`],
    paths: { dlc: [`${root}cli/api.ts`], "dlc/runtime": [`${root}runtime/index.ts`] },
  },
  files: ["use.ts"],
  include: [],
};

test("the types beside a model are those of `load` and, with `compile<Types>`, of the compiler", async () => {
  using project = new Project({ "use.ts": use, "tsconfig.json": JSON.stringify(config) });
  await writeTypesOf(project, 2);
  const { stdout } = spawnSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "-p", project.folder], {
    encoding: "utf8",
  });
  expect(stdout).toBe("");
});

test("types are written again only if they have changed", async () => {
  using project = new Project();
  const path = project.path("net.d.dl.ts");
  await writeTypesOf(project, 2);
  utimesSync(path, 1, 1);
  await writeTypesOf(project, 2);
  expect(statSync(path).mtimeMs).toBe(1000);
  await writeTypesOf(project, 3);
  expect(readFileSync(path, "utf8")).toContain("readonly [3, 3]");
});
