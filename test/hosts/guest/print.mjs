// Command lines: loads the model in `model/` and prints the outcome.
import { load } from "./model/module.mjs";
import { trial } from "./trial.mjs";

const outcome = await load().then(
  (model) => ({ hash: trial(model) }),
  ({ name, code, message }) => ({ error: { name, code, message } }),
);
console.log(JSON.stringify(outcome));
