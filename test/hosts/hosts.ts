import type { Browsers } from "./browsers.ts";
import { commandLineHosts } from "./command-lines.ts";
import { faultHosts } from "./faults.ts";
import type { Host } from "./host.ts";
import { modelPageHosts } from "./model-pages.ts";
import { pageHosts } from "./pages.ts";
import type { Sites } from "./sites.ts";

/** In the order of the table. */
export const hostsOf = (sites: Sites, browsers: Browsers): Host[] => [
  ...commandLineHosts(sites),
  ...pageHosts(sites, browsers),
  ...modelPageHosts(sites, browsers),
  ...faultHosts(sites, browsers),
];
