import { readSafetensors } from "../../runtime/safetensors.ts";
import type { Session } from "../../runtime/session.ts";
import { reject } from "./reject.ts";
import { readBytes } from "./files.ts";

/**
 * Loads weights into a model that may have fewer entries than the trained one: tensors of the missing entries
 * (optimizer slots) are skipped, but every tensor of this model must be in the file, except for the random state.
 * Throws E0821.
 */
export function loadTrained(session: Session, path: string): void {
  const file = readBytes(path);
  const { tensors } = readSafetensors(file);
  const missing = [...session.state.keys()].filter((name) => !tensors.has(name) && !name.startsWith("rng."));
  if (missing.length > 0) {
    reject(
      "E0821",
      `${path} does not contain ${missing.slice(0, 6).join(", ")}${missing.length > 6 ? ` and ${missing.length - 6} more` : ""}`,
      "the file has the weights of another model",
    );
  }
  session.load(file, { partial: true });
}
