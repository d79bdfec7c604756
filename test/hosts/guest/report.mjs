import { outcomeOf } from "./outcome.mjs";

/** Tells the harness the outcome: the server that the page comes from passes it on. */
export async function report(work) {
  await fetch("/outcome", { method: "POST", body: JSON.stringify(await outcomeOf(work)) });
}
