// `node dev-server.ts FOLDER` prints what a program there prints when Vite's dev server runs it, then the modules that
// the server sends to a page.
// In a process of its own: the server evaluates strings, which the processes of tests must not.
import { dlc } from "dlc/vite";
import { createServer } from "vite";

const server = await createServer({
  root: process.argv[2] ?? ".",
  configFile: false,
  logLevel: "silent",
  plugins: [dlc()],
  server: { middlewareMode: true, ws: false },
});

async function sent(url: string): Promise<string> {
  const result = await server.transformRequest(url);
  return result?.code ?? "";
}

await server.ssrLoadModule("/main.js");
const page = await sent("/net.dl?dim.N=1");
const imports = [...page.matchAll(/from "([^"]+)"/g)].map(([, url = ""]) => url);
const importOf = (mark: string): Promise<string> => sent(imports.find((url) => url.includes(mark)) ?? "");
const modules = { page, hot: await importOf("plugins/hot"), built: await importOf("dlc-build") };
process.stdout.write(JSON.stringify(modules));
await server.close();
