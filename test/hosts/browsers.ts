import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { launch, type Browser, type LaunchOptions, type Page } from "puppeteer-core";
import { within, type Engine, type Outcome } from "./host.ts";
import { serve, type Site } from "./server.ts";

interface Kind {
  readonly name: string;
  /** Where distributions install it; the environment variable names another location. */
  readonly variable: string;
  readonly locations: readonly string[];
  readonly options: LaunchOptions;
}

const chromium: Kind = {
  name: "Chromium",
  variable: "CHROMIUM_PATH",
  locations: ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"],
  // Flags for root in a container: it has no user namespaces, and little shared memory. Extensions need the pipe.
  options: {
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
    pipe: true,
    enableExtensions: true,
  },
};

const firefox: Kind = {
  name: "Firefox",
  variable: "FIREFOX_PATH",
  locations: ["/usr/bin/firefox-esr", "/usr/bin/firefox"],
  options: { browser: "firefox" },
};

/** A browser that is started when it is first used; one process serves all pages of a run. */
export class HostBrowser implements Engine, AsyncDisposable {
  readonly name: string;
  readonly missing: string | undefined;
  readonly #launch: () => Promise<Browser>;
  #browser: Promise<Browser> | undefined;

  constructor({ name, variable, locations, options }: Kind) {
    const path = [process.env[variable] ?? "", ...locations].find((candidate) => existsSync(candidate));
    this.name = name;
    this.missing = path === undefined ? `not installed; ${variable} names its location` : undefined;
    this.#launch = () => launch({ executablePath: path ?? name, headless: true, ...options });
  }

  open(): Promise<Browser> {
    return (this.#browser ??= this.#launch());
  }

  async version(): Promise<string> {
    return (await (await this.open()).version()).replace(/^.*\//, "");
  }

  /**
   * Opens the page of a site, and waits for its outcome. An error that the page does not report soon ends the wait.
   * `check` may measure the page afterwards, and reject.
   */
  async visit(site: Site, check?: (page: Page) => Promise<void>): Promise<Outcome> {
    await using server = await serve(site);
    const page = await (await this.open()).newPage();
    const { promise: failed, reject } = Promise.withResolvers<never>();
    page.on("pageerror", (error) => void setTimeout(3000).then(() => reject(error)));
    const ended = async (): Promise<Outcome> => {
      await page.goto(server.url);
      const outcome = await server.outcome;
      await check?.(page);
      return outcome;
    };
    try {
      return await within(120, Promise.race([ended(), failed]));
    } finally {
      await page.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#browser)?.close();
  }
}

export interface Browsers extends AsyncDisposable {
  readonly chromium: HostBrowser;
  readonly firefox: HostBrowser;
}

export function createBrowsers(): Browsers {
  const own = { chromium: new HostBrowser(chromium), firefox: new HostBrowser(firefox) };
  return {
    ...own,
    async [Symbol.asyncDispose]() {
      await Promise.all(Object.values(own).map((browser) => browser[Symbol.asyncDispose]()));
    },
  };
}
