import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readSafetensors } from "../../runtime/safetensors.ts";
import type { Session } from "../../runtime/session.ts";
import { reject } from "../host/reject.ts";
import { readBytes, readText, writeWhole } from "../host/files.ts";
import type { EpochState } from "./epoch.ts";
import { readLines, readRun, type HistoryLine, type RunSettings } from "./saved-run.ts";

export interface Resumed {
  readonly state: EpochState;
  readonly history: readonly HistoryLine[];
}

const names = { last: "last.safetensors", best: "best.safetensors", history: "history.ndjson" } as const;

const everything = { settings: true, random: true } as const;

/**
 * Saves the progress of a run, the history first: a run that is killed in between repeats its epoch and replaces that
 * line.
 */
export function saveRun(
  folder: string,
  session: Session,
  settings: RunSettings,
  state: EpochState,
  history: readonly HistoryLine[],
): void {
  writeWhole(join(folder, names.history), history.map((line) => `${JSON.stringify(line)}\n`).join(""));
  // JSON has no NaN, which is the accuracy of an entry without this output.
  const epoch = { ...state, accuracySum: Number.isNaN(state.accuracySum) ? null : state.accuracySum };
  writeWhole(
    join(folder, names.last),
    session.save({ ...everything, metadata: { run: JSON.stringify({ settings, epoch }) } }),
  );
}

export function saveBest(folder: string, session: Session): void {
  writeWhole(join(folder, names.best), session.save(everything));
}

/** Throws E1007 if there is no run to resume, or if its settings differ. */
export function resumeRun(folder: string, session: Session, settings: RunSettings): Resumed {
  const path = join(folder, names.last);
  if (!existsSync(path)) reject("E1007", `no run to resume in ${folder}`, "omit --resume to start one");
  const file = readBytes(path);
  const saved =
    readRun(readSafetensors(file).metadata.get("run") ?? "") ??
    reject("E1007", `${path} is not a checkpoint of a training run`);
  const others = Object.entries(settings).flatMap(([name, value]) => {
    const before = saved.settings[name as keyof RunSettings];
    return before === value ? [] : [`${name} was ${before} and is ${value}`];
  });
  if (others.length > 0)
    reject(
      "E1007",
      `the run in ${folder} has other settings: ${others.join(", ")}`,
      "use the same settings, or start another run with --out",
    );
  // Files of earlier versions have one counter for all entries.
  const rename = (name: string): string | undefined => (name === "rng.step" ? `${settings.entry}.step` : undefined);
  session.load(file, { need: "all", rename });
  return { state: saved.epoch, history: readHistory(folder).filter((line) => line.epoch <= saved.epoch.epoch) };
}

function readHistory(folder: string): readonly HistoryLine[] {
  const path = join(folder, names.history);
  if (!existsSync(path)) return [];
  return readLines(readText(path)) ?? reject("E1007", `${path} is damaged`);
}

/** sha256 of the params alone, as canonical safetensors: equal weights have equal hashes. */
export const weightsHash = (session: Session): string =>
  createHash("sha256")
    .update(session.save({ only: "param" }))
    .digest("hex");
