import type { Address } from "../../../runtime/address.ts";
import type { Step } from "../../../runtime/plan.ts";
import { never } from "../../support/invariant.ts";
import { views } from "./helpers.ts";

/**
 * The steps of an entry as statements. The iteration of the loop at depth d is counted in `turn_d`; `use` is called for
 * each view that is read.
 */
export function stepLines(
  steps: readonly Step[],
  depth: number,
  kernel: (name: string) => string,
  use: (view: string) => string,
): string[] {
  const inner = (body: readonly Step[], at = depth): string[] =>
    stepLines(body, at, kernel, use).map((line) => `  ${line}`);
  return steps.flatMap((step): string[] => {
    switch (step.kind) {
      case "call":
        return [`${kernel(step.kernel)}(${[...step.args, ...(step.scalars ?? [])].map(addressText).join(", ")});`];
      case "loop":
        return [
          `for (let turn_${depth} = 0; turn_${depth} < ${step.turns}; turn_${depth}++) {`,
          ...inner(step.body, depth + 1),
          "}",
        ];
      case "while":
        return [
          "for (;;) {",
          ...inner(step.condition),
          `  if (${flagText(step.flag, use)} === 0) break;`,
          ...inner(step.body),
          "}",
        ];
      case "branch":
        return [
          `if (${flagText(step.flag, use)} !== 0) {`,
          ...inner(step.then),
          "} else {",
          ...inner(step.otherwise),
          "}",
        ];
      default:
        return never(step);
    }
  });
}

const flagText = (flag: Address, use: (view: string) => string): string =>
  `${use(views.bool.name)}[${addressText(flag)}]`;

function addressText(address: Address): string {
  if (typeof address === "number") return String(address);
  const moves = address.strides.flatMap((stride, depth) => (stride === 0 ? [] : [`${stride} * turn_${depth}`]));
  return [address.offset, ...moves].join(" + ");
}
