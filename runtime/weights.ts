import { aBoolean, checkOptions, isObject, oneOfTexts, type Kind } from "./door.ts";
import { reject } from "./error.ts";
import { hashOf } from "./hash.ts";
import type { Persistent } from "./plan.ts";
import { writeSafetensors } from "./safetensors.ts";
import { starsOf } from "./pattern.ts";
import { nearOrAll } from "./suggest.ts";
import { byteLength, showType } from "./tensor.ts";

export interface SaveOptions {
  /** Only params, without running statistics, optimizer slots and the random state. */
  readonly only?: "param";
  /** Also the settings; as in `load`, they stay out unless asked for. */
  readonly settings?: boolean;
  /** Also the random state, without which a run does not continue bit for bit: the seed and the counters of calls. */
  readonly random?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
}

export const slotBytes = (buffer: ArrayBufferLike, slot: Persistent): Uint8Array =>
  new Uint8Array(buffer, slot.offset, byteLength(slot));

/** The host sets settings and seeds a session, so files have and change them only if it asks for that. */
export const isAskedFor = ({ role }: Persistent, settings = false, random = false): boolean =>
  role === "setting" ? settings : role !== "random" || random;

/** The option `only` of a function. */
export const aPattern: Kind = [
  "a name or a list of names",
  (value) => {
    const names = [value].flat();
    return names.length > 0 && names.every((name) => typeof name === "string");
  },
];

export type Only = string | readonly string[];

/** Whether a pattern matches the path of a tensor; rejects (E0818) a pattern that matches none of them. */
export function matching(only: Only, slots: readonly Persistent[], of: string): (slot: Persistent) => boolean {
  const patterns = [only].flat();
  for (const pattern of patterns)
    if (pattern !== "*" && !slots.some(({ path }) => starsOf(pattern, path)))
      reject(
        "E0818",
        `\`only\` of \`${of}\` matches no tensor of the model: ${pattern}`,
        nearOrAll(
          pattern,
          slots.map(({ path }) => path),
          "the model has",
        ),
      );
  return ({ path }) => patterns.some((pattern) => starsOf(pattern, path));
}

export function saveWeights(
  slots: readonly Persistent[],
  buffer: ArrayBufferLike,
  options: SaveOptions,
): Uint8Array<ArrayBuffer> {
  const { only, metadata, settings, random } = checkOptions(options, "save", {
    only: oneOfTexts("param"),
    settings: aBoolean,
    random: aBoolean,
    metadata: [
      "an object whose values are strings",
      (value) => isObject(value) && Object.values(value).every((text) => typeof text === "string"),
    ],
  });
  const chosen = slots.filter((slot) => (only === undefined ? isAskedFor(slot, settings, random) : slot.kind === only));
  return writeSafetensors(
    new Map(
      chosen.map((slot) => [slot.path, { dtype: slot.dtype, shape: slot.shape, bytes: slotBytes(buffer, slot) }]),
    ),
    metadata,
  );
}

const magic = 0x31736c64; // "dls1"

/**
 * All persistent bytes in the order of the plan, after a hash of their names and types: fast to save and restore in the
 * same process.
 */
export function takeSnapshot(slots: readonly Persistent[], buffer: ArrayBufferLike): Uint8Array<ArrayBuffer> {
  const snapshot = new Uint8Array(slots.reduce((sum, slot) => sum + byteLength(slot), 8));
  new Uint32Array(snapshot.buffer, 0, 2).set(headOf(slots));
  let at = 8;
  for (const slot of slots) {
    snapshot.set(slotBytes(buffer, slot), at);
    at += byteLength(slot);
  }
  return snapshot;
}

export function putSnapshot(
  slots: readonly Persistent[],
  buffer: ArrayBufferLike,
  snapshot: Uint8Array,
  chosen: (slot: Persistent) => boolean = () => true,
): void {
  let at = 8;
  const parts = slots.map((slot) => snapshot.subarray(at, (at += byteLength(slot))));
  const head = new Uint8Array(Uint32Array.from(headOf(slots)).buffer);
  if (snapshot.length !== at || head.some((byte, i) => byte !== snapshot[i]))
    reject("E0822", "not a snapshot of this model", "use `save` and `load` between models");
  slots.forEach((slot, i) => chosen(slot) && slotBytes(buffer, slot).set(parts[i] as Uint8Array));
}

const headOf = (slots: readonly Persistent[]): readonly number[] => [magic, layoutHash(slots)];

const layoutHash = (slots: readonly Persistent[]): number =>
  hashOf(new TextEncoder().encode(slots.map((slot) => `${slot.path}:${showType(slot)};`).join("")));
