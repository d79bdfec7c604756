// Pages and workers: loads the model from the files in `model/`, and reports the outcome.
import { load } from "./model/module.mjs";
import { options } from "./options.mjs";
import { report } from "./report.mjs";
import { trial } from "./trial.mjs";

report(load(options).then(trial));
