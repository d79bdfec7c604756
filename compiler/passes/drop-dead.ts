import { definePass } from "./pass.ts";
import { trim } from "./loops/dead-carries.ts";

/**
 * Drops every node that no output and no write needs, and of loops and branches what nothing needs: results, carries that feed nothing else, operands.
 * Inputs stay: they are the signature.
 */
export const dropDead = definePass({
  name: "drop-dead",
  says: "drops what no output and no write needs",
  needs: [],
  gives: [],
  exact: true,
  run: trim,
});
