import { readSafetensors } from "../../runtime/safetensors.ts";
import type { Session } from "../../runtime/session.ts";
import { complain } from "./complain.ts";
import { readBytes } from "./files.ts";

/**
 * Loads weights into a model that may hold fewer entries than the one that was trained: what only those used (optimizer slots) is left
 * out, but everything that this model has must be in the file. The random state need not. Throws E0821.
 */
export function loadTrained(session: Session, path: string): void {
  const file = readBytes(path);
  const { tensors } = readSafetensors(file);
  const missing = [...session.state.keys()].filter((name) => !tensors.has(name) && !name.startsWith("rng."));
  if (missing.length > 0) {
    complain(
      "E0821",
      `${path} lacks ${missing.slice(0, 6).join(", ")}${missing.length > 6 ? ` and ${missing.length - 6} more` : ""}`,
      "these are weights of another model",
    );
  }
  session.load(file, { partial: true });
}
