// Command lines: loads the model from the files in `model/`, and prints the outcome.
import { load } from "./model/module.mjs";
import { options } from "./options.mjs";
import { outcomeOf } from "./outcome.mjs";
import { trial } from "./trial.mjs";

console.log(JSON.stringify(await outcomeOf(load(options).then(trial))));
