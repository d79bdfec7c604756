// The page of `dlc build --page`: a digit that is drawn with the pointer is recognised.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "puppeteer-core";
import type { Browsers, HostBrowser } from "./browsers.ts";
import { within, type Host, type Outcome } from "./host.ts";
import { serve } from "./server.ts";
import { dlc, model, type Sites } from "./sites.ts";

/** The strictest policy under which docs/deploy.md says that the page runs. */
const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src data:";

export function modelPageHosts(sites: Sites, { chromium, firefox }: Browsers): Host[] {
  const pages = new ModelPages(sites);
  const expects = { shows: /^3 \d+\.\d %$/ };
  return [chromium, firefox].flatMap((engine) => [
    {
      engine,
      way: "`--page`, a drawn digit",
      expects,
      run: async () => {
        await using server = await serve({ folder: pages.served, headers: { "content-security-policy": policy } });
        return await recognised(engine, server.url);
      },
    },
    {
      engine,
      way: "`--page --inline` from `file://`, a drawn digit",
      expects,
      run: () => recognised(engine, pathToFileURL(join(pages.inline, "index.html")).href),
    },
  ]);
}

/** Pages of a trained LeNet, made when they are first used. */
class ModelPages {
  readonly #sites: Sites;
  #weights: string | undefined;
  #served: string | undefined;
  #inline: string | undefined;

  constructor(sites: Sites) {
    this.#sites = sites;
  }

  get served(): string {
    return (this.#served ??= this.#built());
  }

  get inline(): string {
    return (this.#inline ??= this.#built("--inline"));
  }

  #built(...flags: readonly string[]): string {
    const folder = join(this.#sites.make("model-page"), "page");
    const weights = (this.#weights ??= this.#trained());
    dlc("build", model, "--entry", "predict", "--dim", "N=1", "--weights", weights, "--page", ...flags, "-o", folder);
    return folder;
  }

  #trained(): string {
    const run = join(this.#sites.make("model-page"), "run");
    dlc("train", model, "--data", "mnist", "--epochs", "1", "--out", run);
    return join(run, "best.safetensors");
  }
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
