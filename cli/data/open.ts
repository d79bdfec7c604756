import { reject } from "../host/reject.ts";
import type { Dataset } from "./dataset.ts";
import { embeddedDigits } from "./embedded-digits.ts";
import { idxFolder } from "./idx-folder.ts";
import { dataHelp } from "./sources.ts";

/** Opens the data source of `--data`. Throws E1010 and E1011. */
export function openDataset(spec: string): Dataset {
  if (spec === "mnist") return embeddedDigits();
  if (spec.startsWith("mnist:") && spec.length > 6) return idxFolder(spec.slice(6));
  return reject("E1010", `unknown data source \`${spec}\``, `use ${dataHelp}`);
}
