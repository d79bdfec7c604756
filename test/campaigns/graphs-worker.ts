// A process of a campaign: takes tasks, sends reports, and says at the end what has fired.
import { fired } from "../fuzz/counters.ts";
import { slice, type Task } from "./graphs-slice.ts";

process.on("message", (message: Task | "end") => {
  if (message === "end") process.send?.({ fired: fired() }, () => process.disconnect());
  else void slice(message).then((report) => process.send?.({ report }));
});
// The parent decides when a campaign is over.
process.on("SIGINT", () => {});
