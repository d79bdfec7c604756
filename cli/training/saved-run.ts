import type { EpochState } from "./epoch.ts";

/** The settings of a run; it can only be resumed with the same ones. */
export interface RunSettings {
  readonly data: string;
  readonly samples: number;
  readonly entry: string;
  readonly batch: number;
  readonly seed: number;
}

export interface HistoryLine {
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number | null;
  readonly testLoss: number | null;
  readonly testAccuracy: number | null;
  readonly seconds: number;
}

// Reads the files of a saved run without trusting them: null for anything that this program does not write.

type Fields<T> = { readonly [K in keyof T]-?: (value: unknown) => value is T[K] };

const text = (value: unknown): value is string => typeof value === "string";
const size = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const number = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const numberOrNull = (value: unknown): value is number | null => value === null || number(value);

const settingsFields: Fields<RunSettings> = { data: text, samples: size, entry: text, batch: size, seed: size };
const epochFields: Fields<Omit<EpochState, "accuracySum"> & { accuracySum: number | null }> = {
  ...{ epoch: size, steps: size, samples: size },
  ...{ weight: number, lossSum: number, accuracySum: numberOrNull },
};
const lineFields: Fields<HistoryLine> = {
  ...{ epoch: size, loss: number, accuracy: numberOrNull },
  ...{ testLoss: numberOrNull, testAccuracy: numberOrNull, seconds: number },
};

/** Longer than any of these texts; the value of a text of this length is small. */
const longest = 10_000;

/** The metadata of a checkpoint. A sum of null was NaN. */
export function readRun(json: string): { readonly settings: RunSettings; readonly epoch: EpochState } | null {
  const run = parsed(json);
  const [settings, epoch] = [read(run?.["settings"], settingsFields), read(run?.["epoch"], epochFields)];
  if (settings === null || epoch === null) return null;
  // A checkpoint is written within an epoch or at its start.
  const possible =
    settings.batch > 0 &&
    epoch.samples <= settings.samples &&
    epoch.samples === Math.min(epoch.steps * settings.batch, settings.samples);
  return possible ? { settings, epoch: { ...epoch, accuracySum: epoch.accuracySum ?? NaN } } : null;
}

/** The lines of a history; null if one of them is invalid. */
export function readLines(ndjson: string): readonly HistoryLine[] | null {
  const lines: HistoryLine[] = [];
  for (let start = 0, end = 0; start < ndjson.length; start = end + 1) {
    end = ndjson.indexOf("\n", start);
    if (end < 0) end = ndjson.length;
    if (end === start) continue;
    const line = end - start > longest ? null : read(parsed(ndjson.slice(start, end)), lineFields);
    if (line === null) return null;
    lines.push(line);
  }
  return lines;
}

function parsed(json: string): Readonly<Record<string, unknown>> | null {
  if (json.length > longest) return null;
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Keeps only the listed fields. */
function read<T>(value: unknown, fields: Fields<T>): T | null {
  if (!isObject(value)) return null;
  const known = Object.entries<(value: unknown) => boolean>(fields).filter(
    ([name, is]) => Object.hasOwn(value, name) && is(value[name]),
  );
  return known.length === Object.keys(fields).length
    ? (Object.fromEntries(known.map(([name]) => [name, value[name]])) as T)
    : null;
}
