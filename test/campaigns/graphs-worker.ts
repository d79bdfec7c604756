// A worker process of a campaign: its last message holds the counts of rules and passes that fired.
import { fired, type Fired } from "../fuzz/counters.ts";
import { slice, type Report, type Task } from "./graphs-slice.ts";
import { serve } from "./serve.ts";

serve<Task, { readonly report?: Report; readonly fired?: Fired }>(
  async (task) => ({ report: await slice(task) }),
  () => ({ fired: fired() }),
);
