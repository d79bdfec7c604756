// Node: saves the params and state that the model starts with.
import { writeFileSync } from "node:fs";
import { load } from "./model/module.mjs";

writeFileSync(process.argv[2], (await load()).save());
