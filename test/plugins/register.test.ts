import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { net, printed, program, Project } from "./project.ts";

const register = new URL("../../plugins/register.ts", import.meta.url).href;

/** Versions of Node before 22.15 have no hooks on the thread of the program. */
const withoutHooks = `data:text/javascript,${encodeURIComponent(
  'import module, { syncBuiltinESMExports } from "node:module";\ndelete module.registerHooks;\nsyncBuiltinESMExports();\n',
)}`;

const run = ({ folder }: Project, { before = [] as readonly string[], env = {} } = {}) =>
  spawnSync(process.execPath, [...before, register].flatMap((url) => ["--import", url]).concat("main.js"), {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, ...env },
  });

test.each([
  ["hooks on the thread of the program", []],
  ["hooks on a thread of their own", [withoutHooks]],
])("a program in Node imports a model, with %s", (_, before) => {
  using project = new Project({ "main.js": program() });
  const { stdout, stderr } = run(project, { before });
  expect(stderr).toBe("");
  expect(stdout).toMatch(printed);
});

test("in development the types are written, and the model explains mistakes; in production neither", () => {
  const mistake = `import net from "./net.dl";
const model = await net.load();
try {
  model.run("predict", { X: [1, 2, 3, 4] });
} catch (error) {
  console.log(error.message);
}
`;
  using project = new Project({
    "main.js": mistake,
    "net.dl": net().replace("predict(x: f32[N, 4]", "predict(x: f32[1, 4]"),
  });
  const production = run(project, { env: { NODE_ENV: "production" } });
  expect(existsSync(project.path("net.d.dl.ts"))).toBe(false);
  expect(production.stdout).toMatch(/^error\[E081/);
  const development = run(project, { env: { NODE_ENV: "test" } });
  expect(existsSync(project.path("net.d.dl.ts"))).toBe(true);
  expect(development.stdout).toContain("did you mean `x`?");
});

test("an error in a model is the error of the import, with its frame", () => {
  using project = new Project({ "main.js": program(), "net.dl": net(5) });
  const { stderr, status } = run(project);
  expect(stderr).toMatch(/error\[E0302\][^]*--> net\.dl:5:40\n[^]*\^ axis 1 is 3, expected 5/);
  expect(status).toBe(1);
});
