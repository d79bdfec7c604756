import { complain } from "../host/complain.ts";
import type { Dataset } from "./dataset.ts";
import { embeddedDigits } from "./embedded-digits.ts";
import { idxFolder } from "./idx-folder.ts";

/** Opens what `--data` names. Throws E1010 and E1011. */
export function openDataset(spec: string): Dataset {
  if (spec === "mnist") return embeddedDigits();
  if (spec.startsWith("mnist:") && spec.length > 6) return idxFolder(spec.slice(6));
  return complain("E1010", `there is no data source \`${spec}\``, "known are mnist (10,000 embedded digits) and mnist:FOLDER (IDX files)");
}
