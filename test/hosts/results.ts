import { nameOf, type Expectation, type Host, type Outcome } from "./host.ts";

export type Result =
  | { readonly kind: "hash"; readonly version: string; readonly hash: string }
  /** What was expected of a page or an error. */
  | { readonly kind: "message"; readonly version: string; readonly message: string }
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
    if (expects !== "hash") return { kind: "failed", reason: "it ran; expected another outcome" };
    return outcome.hash === (hash ?? outcome.hash)
      ? { kind: "hash", version, hash: outcome.hash }
      : { kind: "failed", reason: `its hash is ${outcome.hash}, that of the hosts before it ${hash}` };
  }
  const message = "shows" in outcome ? outcome.shows : outcome.error.message;
  return isExpected(expects, outcome)
    ? { kind: "message", version, message }
    : { kind: "failed", reason: "shows" in outcome ? `it shows ${message}` : `${outcome.error.code}: ${message}` };
}

function isExpected(expects: Expectation, outcome: Exclude<Outcome, { readonly hash: string }>): boolean {
  if (expects === "hash") return false;
  if ("shows" in expects) return "shows" in outcome && expects.shows.test(outcome.shows);
  return "error" in outcome && outcome.error.code === expects.code && expects.message.test(outcome.error.message);
}

/** The hash that all must have: that of the first. */
export const hashOf = (rows: readonly Row[]): string | undefined =>
  rows.map(({ result }) => result).find((result) => result.kind === "hash")?.hash;

/** A line for the terminal. */
export function lineOf({ host, result }: Row, seconds: number): string {
  const [mark, text] =
    result.kind === "hash"
      ? ["ok", `${result.version}, hash ${result.hash}`]
      : result.kind === "message"
        ? ["ok", `${result.version}, ${result.message.split("\n")[0] ?? ""}`]
        : [result.kind === "failed" ? "FAILED" : "skipped", result.reason];
  return `${mark.padEnd(8)}${nameOf(host)}: ${text} (${seconds.toFixed(1)} s)`;
}
