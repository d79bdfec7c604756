// A worker process of a campaign: receives tasks, sends reports, and at the end the counts of rules and passes that
// fired.
import { fired } from "../fuzz/counters.ts";
import { slice, type Task } from "./graphs-slice.ts";

process.on("message", (message: Task | "end") => {
  if (message === "end") process.send?.({ fired: fired() }, () => process.disconnect());
  else void slice(message).then((report) => process.send?.({ report }));
});
// The parent decides when a campaign is over.
process.on("SIGINT", () => {});
