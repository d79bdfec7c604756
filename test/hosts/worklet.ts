// An AudioWorklet computes in the thread that renders sound: a pause to collect garbage would be heard.
import type { CDPSession, Page, Protocol } from "puppeteer-core";
import type { Browsers } from "./browsers.ts";
import type { Host } from "./host.ts";
import type { Sites } from "./sites.ts";

export const workletHosts = (sites: Sites, { chromium, firefox }: Browsers): Host[] => [
  {
    engine: chromium,
    way: "AudioWorklet, without garbage",
    expects: "hash",
    run: () => chromium.visit(worklet(sites), checkGarbage),
  },
  { engine: firefox, way: "AudioWorklet", expects: "hash", run: () => firefox.visit(worklet(sites)) },
];

const worklet = (sites: Sites): { readonly folder: string } => ({
  folder: sites.make("worklet", "given", "start-worklet.mjs"),
});

/** What `start-worklet.mjs` offers. */
interface Guest {
  prepare(way: string, blocks: number): Promise<Rendering>;
  rendering: Rendering;
}

interface Rendering {
  render(): Promise<unknown>;
}

/** Calls of a bound entry must allocate nothing. Calls that copy show that the measurement finds what there is. */
async function checkGarbage(page: Page): Promise<void> {
  const [bound, copying] = [await garbagePerBlock(page, "bound"), await garbagePerBlock(page, "copying")];
  if (bound > 4 || copying < 100)
    throw new Error(`a call of a bound entry allocates ${bound} bytes, one that copies ${copying} bytes`);
}

/** Bytes that the worklet allocates per block, all its functions together. */
async function garbagePerBlock(page: Page, way: string): Promise<number> {
  const blocks = 2000;
  const worklet = await attached(page, () =>
    page.evaluate(
      async (way, blocks) => {
        const guest = globalThis as unknown as Guest;
        guest.rendering = await guest.prepare(way, blocks);
      },
      way,
      blocks,
    ),
  );
  await worklet.send("HeapProfiler.startSampling", {
    samplingInterval: 64,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  await page.evaluate(async () => void (await (globalThis as unknown as Guest).rendering.render()));
  const { profile } = await worklet.send("HeapProfiler.stopSampling");
  return bytesIn(profile.head) / blocks;
}

/** The session of the worklet that `start` starts. */
async function attached(page: Page, start: () => Promise<void>): Promise<CDPSession> {
  const session = await page.createCDPSession();
  const { promise: worklet, resolve } = Promise.withResolvers<CDPSession>();
  session.on("sessionattached", resolve);
  await session.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: true });
  await start();
  return worklet;
}

const bytesIn = ({ selfSize, children }: Protocol.HeapProfiler.SamplingHeapProfileNode): number =>
  children.reduce((sum, child) => sum + bytesIn(child), selfSize);
