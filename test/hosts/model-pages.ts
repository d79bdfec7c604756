// The page of `dlc build --page`: a digit that is drawn with the pointer is recognised.
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import type { Browsers, HostBrowser } from "./browsers.ts";
import { within, type Host, type Outcome } from "./host.ts";
import { serve } from "./server.ts";
import { dlc, model, type Sites } from "./sites.ts";

/** The strictest policy under which docs/deploy.md says that the page runs. */
const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src data:";

export function modelPageHosts(sites: Sites, { chromium, firefox }: Browsers): Host[] {
  let folder: string | undefined;
  return [chromium, firefox].map((engine) => ({
    engine,
    way: "`--page`, a drawn digit",
    expects: { shows: /^3 \d+\.\d %$/ },
    run: async () => {
      folder ??= builtPage(sites);
      await using server = await serve({ folder, headers: { "content-security-policy": policy } });
      return await recognised(engine, server.url);
    },
  }));
}

/** A trained LeNet with its page. */
function builtPage(sites: Sites): string {
  const site = sites.make("model-page");
  const [run, folder] = [join(site, "run"), join(site, "page")];
  dlc("train", model, "--data", "mnist", "--epochs", "1", "--out", run);
  const weights = ["--weights", join(run, "best.safetensors")];
  dlc("build", model, "--entry", "predict", "--dim", "N=1", ...weights, "--page", "-o", folder);
  return folder;
}

/** The most probable class and its probability, as the page shows them. */
async function recognised(engine: HostBrowser, url: string): Promise<Outcome> {
  const page = await (await engine.open()).newPage();
  const { promise: failed, reject } = Promise.withResolvers<never>();
  page.on("pageerror", reject);
  try {
    return { shows: await within(60, Promise.race([shownForThree(page, url), failed])) };
  } finally {
    await page.close();
  }
}

/** Corners of a 3, as shares of the canvas. */
const three = [
  [0.34, 0.28],
  [0.5, 0.22],
  [0.64, 0.28],
  [0.66, 0.4],
  [0.5, 0.49],
  [0.66, 0.58],
  [0.68, 0.7],
  [0.55, 0.8],
  [0.36, 0.76],
] as const;

async function shownForThree(page: Page, url: string): Promise<string> {
  await page.goto(url);
  const canvas = await page.waitForSelector("canvas.paper");
  const box = await canvas?.boundingBox();
  if (canvas === null || box === null || box === undefined) throw new Error("the page has no canvas to draw on");
  const best = (): Promise<string> =>
    page.$eval(".best", (row) =>
      Array.from(row.children, (cell) => cell.textContent)
        .filter(Boolean)
        .join(" "),
    );
  const before = await best();
  for (const [i, [x, y]] of three.entries()) {
    await page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 8 });
    if (i === 0) await page.mouse.down();
  }
  await page.mouse.up();
  // The page runs the model a moment after the last stroke.
  for (let tries = 0; tries < 50 && (await best()) === before; tries++) await new Promise((go) => setTimeout(go, 100));
  return best();
}
