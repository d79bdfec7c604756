import { nameOf, type Host, type Outcome } from "./host.ts";

export type Result =
  | { readonly kind: "hash"; readonly version: string; readonly hash: string }
  /** The error that was expected. */
  | { readonly kind: "error"; readonly version: string; readonly message: string }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "skipped"; readonly reason: string };

export interface Row {
  readonly host: Host;
  readonly result: Result;
}

/** Runs a host. `hash` is that of the hosts before it. */
export async function resultOf(host: Host, hash: string | undefined): Promise<Result> {
  if (host.engine.missing !== undefined) return { kind: "skipped", reason: host.engine.missing };
  try {
    return judged(host, hash, await host.engine.version(), await host.run());
  } catch (error) {
    return { kind: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
}

function judged({ expects }: Host, hash: string | undefined, version: string, outcome: Outcome): Result {
  if ("hash" in outcome) {
    if (expects !== "hash") return { kind: "failed", reason: `it ran; expected ${expects.code}` };
    return outcome.hash === (hash ?? outcome.hash)
      ? { kind: "hash", version, hash: outcome.hash }
      : { kind: "failed", reason: `its hash is ${outcome.hash}, that of the hosts before it ${hash}` };
  }
  const { code, message } = outcome.error;
  return expects !== "hash" && code === expects.code && expects.message.test(message)
    ? { kind: "error", version, message }
    : { kind: "failed", reason: `${code}: ${message}` };
}

/** The hash that all must have: that of the first. */
export const hashOf = (rows: readonly Row[]): string | undefined =>
  rows.map(({ result }) => result).find((result) => result.kind === "hash")?.hash;

/** A line for the terminal. */
export function lineOf({ host, result }: Row, seconds: number): string {
  const [mark, text] =
    result.kind === "hash"
      ? ["ok", `${result.version}, hash ${result.hash}`]
      : result.kind === "error"
        ? ["ok", `${result.version}, ${result.message.split("\n")[0] ?? ""}`]
        : [result.kind === "failed" ? "FAILED" : "skipped", result.reason];
  return `${mark.padEnd(8)}${nameOf(host)}: ${text} (${seconds.toFixed(1)} s)`;
}
