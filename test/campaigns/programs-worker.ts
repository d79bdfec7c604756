// A worker process of a campaign of programs: receives tasks, sends reports.
import { slice, type ProgramTask } from "./programs-slice.ts";

process.on("message", (message: ProgramTask | "end") => {
  if (message === "end") process.disconnect();
  else void slice(message).then((report) => process.send?.(report));
});
// The parent decides when a campaign is over.
process.on("SIGINT", () => {});
