// Pages: runs the model in a worker of its own, and reports the outcome.
import { clientTrial } from "./client-trial.mjs";
import { loadInWorker } from "./model/client.mjs";
import { report } from "./report.mjs";

report(loadInWorker().then(clientTrial));
