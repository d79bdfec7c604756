import { rewrite, ruleSet } from "../../graph/rules/rewrite.ts";
import { ops } from "../../ops/table.ts";
import { invariant } from "../../support/invariant.ts";
import { definePass } from "../pass.ts";
import { algebraLocalRules, algebraRules } from "./rules-algebra.ts";
import { boxLocalRules, boxRules } from "./rules-boxes.ts";
import { dotRules } from "./rules-dot.ts";
import { movementRules } from "./rules-movement.ts";
import { reduceRules } from "./rules-reduce.ts";
import { repeatRules } from "./rules-repeat.ts";
import { applyLocalRules } from "../../graph/rules/local.ts";

export const simplifyRules = ruleSet(ops, [
  ...algebraRules,
  ...movementRules,
  ...boxRules,
  ...reduceRules,
  ...dotRules,
]);
export const simplifyLocalRules = [...repeatRules, ...algebraLocalRules, ...boxLocalRules];

/** Each round moves a value past at least one node; no model has so long a chain of such moves. */
const mostRounds = 1000;

/**
 * Applies identities until no rule matches. Each keeps every bit of f32 except the sign of a zero and the payload of a
 * NaN; an identity that rounds differently (x / c as x * (1 / c), a sum of sums) is not a rule here. Later passes can
 * rely on a canonical form: constants on the right, arithmetic before its broadcast, no chains of movements.
 */
export const simplify = definePass({
  name: "simplify",
  doc: "applies identities until none matches",
  needs: ["differentiated"],
  provides: [],
  exact: true,
  run: (graph, { rewrites }) => {
    let current = graph;
    for (let rounds = 0; ; rounds++) {
      invariant(rounds <= mostRounds, "the rules do not reach a fixed point");
      const rewritten = rewrite(current, simplifyRules, rewrites);
      current = applyLocalRules(rewritten, simplifyLocalRules, rewrites);
      if (current === rewritten) return current;
    }
  },
});
