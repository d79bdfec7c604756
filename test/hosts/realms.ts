// Contexts of Node's `vm`, as frameworks use them to imitate edge workers.
import { commandLine } from "./command-lines.ts";
import type { Host } from "./host.ts";
import type { Sites } from "./sites.ts";

const engine = commandLine("Node", process.execPath, ["--experimental-vm-modules", "--no-warnings"]);

export const realmHosts = (sites: Sites): Host[] => [
  {
    engine,
    way: "`vm` context without code generation",
    expects: "hash",
    run: () => engine.run("realm.mjs", sites.make("realm", "given")),
  },
  {
    engine,
    way: "a policy that forbids WebAssembly",
    expects: { code: "E0802", message: /pass a compiled `module`, or build with --target js/ },
    run: () => engine.run("realm.mjs", sites.make("realm", "given"), "bytes"),
  },
];
