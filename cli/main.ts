#!/usr/bin/env node
import { enableCompileCache } from "node:module";

// Before anything else is loaded, so that all of it is in the cache the next time.
enableCompileCache();
await import("./program.ts");
