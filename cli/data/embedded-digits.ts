import { fileURLToPath } from "node:url";
import type { Dataset } from "./dataset.ts";
import { idxFolder } from "./idx-folder.ts";

/** 10,000 MNIST digits in a fixed 9:1 split of every class. `data/mnist/README.md` tells where they come from. */
export const embeddedDigits = (): Dataset => ({
  ...idxFolder(fileURLToPath(new URL("../../data/mnist/", import.meta.url))),
  name: "mnist",
});
