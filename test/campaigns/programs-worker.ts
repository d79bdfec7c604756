// A worker process of a campaign of programs.
import { slice, type ProgramReport, type ProgramTask } from "./programs-slice.ts";
import { serve } from "./serve.ts";

serve<ProgramTask, ProgramReport>(slice, () => null);
