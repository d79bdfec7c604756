import { fileURLToPath } from "node:url";
import { packageFile } from "../host/package-file.ts";
import type { Dataset } from "./dataset.ts";
import { idxFolder } from "./idx-folder.ts";

/** 10,000 MNIST digits in a fixed 9:1 split of every class. `data/mnist/README.md` tells where they come from. */
export const embeddedDigits = (): Dataset => ({
  ...idxFolder(fileURLToPath(packageFile("data/mnist"))),
  name: "mnist",
});
