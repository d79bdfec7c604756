import type { Browsers } from "./browsers.ts";
import { bundleHosts } from "./bundles.ts";
import { commandLineHosts } from "./command-lines.ts";
import { devServerHosts } from "./dev-server.ts";
import { edgeHosts } from "./edge.ts";
import { faultHosts } from "./faults.ts";
import type { Host } from "./host.ts";
import { modelPageHosts } from "./model-pages.ts";
import { offThreadHosts } from "./off-thread.ts";
import { pageHosts } from "./pages.ts";
import { pluggedHosts } from "./plugged.ts";
import { realmHosts } from "./realms.ts";
import type { Sites } from "./sites.ts";
import { workletHosts } from "./worklet.ts";

/** In the order of the table. */
export const hostsOf = (sites: Sites, browsers: Browsers): Host[] => [
  ...commandLineHosts(sites),
  ...realmHosts(sites),
  ...edgeHosts(sites),
  ...pageHosts(sites, browsers),
  ...offThreadHosts(sites, browsers),
  ...workletHosts(sites, browsers),
  ...bundleHosts(sites, browsers),
  ...pluggedHosts(sites, browsers),
  ...devServerHosts(sites, browsers),
  ...modelPageHosts(sites, browsers),
  ...faultHosts(sites, browsers),
];
