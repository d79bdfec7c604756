// Command lines: runs the model in a worker of its own, and prints the outcome.
import { clientTrial } from "./client-trial.mjs";
import { loadInWorker } from "./model/client.mjs";
import { outcomeOf } from "./outcome.mjs";

console.log(JSON.stringify(await outcomeOf(loadInWorker().then(clientTrial))));
