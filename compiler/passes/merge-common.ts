import { joinScans } from "./loops/join-scans.ts";
import { mergeEqualNodes } from "../analysis/value-numbering.ts";
import { definePass } from "./pass.ts";

/**
 * Common subexpressions: nodes of the same op, attributes and operands become one, the first. Every op is a pure
 * function, random bits included, so this needs no other condition. Leaves are nodes too: two reads of one param become
 * one. Value numbering in one sweep, since operands come first. Control ops are compared by the text of their regions;
 * two scans over the same operands with the same carries become one that returns the results of both.
 */
export const mergeCommon = definePass({
  name: "merge-common",
  doc: "computes equal expressions once",
  // Two paths from a loss to one value are two terms of its gradient; if merged before differentiation they are one,
  // which rounds differently.
  needs: ["differentiated"],
  provides: [],
  exact: true,
  run: (graph) => joinScans(mergeEqualNodes(graph)),
});
