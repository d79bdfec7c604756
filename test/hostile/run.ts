import { invariant } from "../../compiler/support/invariant.ts";
import { randomFrom } from "../campaigns/mutate.ts";
import { mutated } from "./mutate.ts";
import { judge, limits, readers, type Format } from "./readers.ts";
import { sound } from "./sound.ts";
import { changedByWriting } from "./writers.ts";

export interface Tally {
  readonly accepted: number;
  readonly rejected: number;
  readonly slowest: number;
  readonly codes: ReadonlyMap<string, number>;
  readonly failures: number;
}

/** Mutated file number `index`; depends only on the arguments. */
function fileAt(format: Format, seed: number, index: number): Uint8Array {
  const random = randomFrom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  const files = sound[format];
  const any = (): Uint8Array => files[Math.floor(random() * files.length)] ?? new Uint8Array();
  return mutated(format, any(), any(), random);
}

const isFormat = (name: string): name is Format => Object.hasOwn(readers, name);

export function showFile(name: string, seed: number, index: number): Uint8Array {
  invariant(isFormat(name), `${name} is a format`);
  return fileAt(name, seed, index);
}

/** Reads `count` mutated files of a format and counts the outcomes; `say` is called for each failure. */
export function runFiles(name: string, seed: number, count: number, say: (line: string) => void): Tally {
  invariant(isFormat(name), `${name} is a format`);
  const codes = new Map<string, number>();
  const tally = { accepted: 0, rejected: 0, slowest: 0, failures: 0 };
  const failure = (index: number, message: string): void => {
    tally.failures++;
    say(`${name} ${index} of seed ${seed}: ${message}`);
  };
  for (let index = 0; index < count; index++) {
    const file = fileAt(name, seed, index);
    const { code, thrown, milliseconds } = judge(name, file);
    tally.slowest = Math.max(tally.slowest, milliseconds);
    if (milliseconds > limits.milliseconds) failure(index, `takes ${Math.round(milliseconds)} ms`);
    if (thrown !== null) failure(index, `throws ${thrown}`);
    else if (code === null) {
      tally.accepted++;
      const changed = changedByWriting(name, file);
      if (changed !== null) failure(index, changed);
    } else {
      tally.rejected++;
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
  }
  return { ...tally, codes };
}
