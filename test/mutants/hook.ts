// `node --import ./test/mutants/hook.ts`: applies the mutant named by the environment variable DLC_MUTANT to its source
// file as that is loaded.
import { registerHooks } from "node:module";
import { mutants, mutated } from "./mutants.ts";

const name = process.env["DLC_MUTANT"];
const mutant = mutants.find((each) => each.name === name);
if (mutant === undefined) throw new Error(`unknown mutant \`${name}\``);
const target = new URL(`../../${mutant.file}`, import.meta.url).href;

registerHooks({
  load: (url, context, next) => {
    const loaded = next(url, context);
    if (url !== target) return loaded;
    const source = typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source);
    return { ...loaded, source: mutated(mutant, source) };
  },
});
