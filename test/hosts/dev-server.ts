// A page from Vite's dev server with the plugin: an edit of its model swaps it, and a mistake is in the overlay.
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { createServer } from "vite";
import type { Browsers, HostBrowser } from "./browsers.ts";
import { within, type Host, type Outcome } from "./host.ts";
import { configOf } from "./plugged.ts";
import { pageOf, type Sites } from "./sites.ts";

const net = (body: string): string => `dl 1

model Net(x: f32[N, 4]) -> f32[N, 3] = ${body}

entry predict(x: f32[2, 4]) { logits: Net(x) }

train entry step(x: f32[2, 4], label: i32[2]) {
  let loss = mean(cross_entropy(Net(x), label))
  minimize loss over Net with sgd(lr: 0.1)
  { loss }
}
`;

const [relu, tanh] = ["relu", "tanh"].map((act) => net(`x |> dense(8) |> ${act} |> dense(3)`)) as [string, string];
const mistaken = net("x |> dense(8) |> relu |> dense(4)");

export const devServerHosts = (sites: Sites, { chromium, firefox }: Browsers): Host[] =>
  [chromium, firefox].map((engine) => ({
    engine,
    way: "Vite's dev server with the plugin",
    expects: { shows: /^same weights; overlay: .*error\[E0302\].*net\.dl:3:\d+.*dense\(4\).*axis 1 is 4, expected 3/s },
    run: () => edits(engine, sites),
  }));

/** What a test expects of the page's globals. */
interface Guest {
  predict(): readonly number[];
  train(): number;
}

async function edits(engine: HostBrowser, sites: Sites): Promise<Outcome> {
  const site = sites.empty("dev");
  const write = (text: string): void => writeFileSync(join(site, "net.dl"), text);
  mkdirSync(join(site, "node_modules"));
  copyFileSync(new URL("guest/dev.mjs", import.meta.url), join(site, "main.mjs"));
  writeFileSync(join(site, "index.html"), pageOf("main.mjs"));
  write(relu);
  const server = await createServer({ ...(await configOf("vite")), root: site, configFile: false, logLevel: "silent" });
  const page = await (await engine.open()).newPage();
  try {
    await server.listen(0);
    await within(60, page.goto(server.resolvedUrls?.local[0] ?? ""));
    await page.waitForFunction(() => "train" in globalThis);
    const predict = (): Promise<string> => page.evaluate(() => String((globalThis as unknown as Guest).predict()));
    await page.evaluate(() => (globalThis as unknown as Guest).train());
    const trained = await predict();

    write(tanh);
    await differs(page, trained);
    const swapped = await predict();
    write(mistaken);
    const overlay = await page.waitForSelector("vite-error-overlay");
    const text = await overlay?.evaluate((one) => one.shadowRoot?.querySelector(".window")?.textContent ?? "");
    const kept = (await predict()) === swapped;
    write(relu);
    await differs(page, swapped);
    const same = (await predict()) === trained;
    return { shows: `${kept && same ? "same" : "other"} weights; overlay: ${text}` };
  } finally {
    await page.close();
    await server.close();
  }
}

const differs = (page: Page, from: string): Promise<unknown> =>
  page.waitForFunction(
    (before: string) => String((globalThis as unknown as Guest).predict()) !== before,
    { timeout: 30_000 },
    from,
  );
