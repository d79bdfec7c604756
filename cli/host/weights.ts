import { DlcError } from "../../runtime/error.ts";
import type { LoadReport, WeightsOptions } from "../../runtime/model.ts";
import type { Session } from "../../runtime/session.ts";
import { reject } from "./reject.ts";
import { readBytes } from "./files.ts";

/**
 * Loads weights into a model that may have fewer entries than the trained one. Errors name the file. Throws E0820,
 * E0821.
 */
export function loadTrained(session: Session, path: string, options: WeightsOptions = {}): LoadReport {
  try {
    return session.load(readBytes(path), options);
  } catch (error) {
    if (!(error instanceof DlcError)) throw error;
    return reject(
      error.code,
      `${path}: ${error.says}`,
      error.code === "E0821" ? "the file has the weights of another model" : error.help,
    );
  }
}
