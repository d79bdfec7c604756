#!/usr/bin/env node
import * as node from "node:module";

// Before anything else is loaded, so that all of it is in the cache the next time. Older versions of Node have none.
if ("enableCompileCache" in node) {
  node.enableCompileCache();
  await import("./program.ts");
} else {
  console.error(`dlc needs Node 22.12 or newer; this is ${process.version}`);
  process.exitCode = 1;
}
