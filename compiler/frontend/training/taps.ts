// `tap(Net.block1)`: inner values of models, by path.
import type { Span } from "../../../dsl/span.ts";
import { didYouMean } from "../../../dsl/suggest.ts";
import { bring } from "../control/regions.ts";
import { tensorsIn } from "../control/structure.ts";
import type { Context, DlValue, Env } from "../context.ts";
import { report } from "../errors.ts";
import { describe } from "../values/values.ts";
import { pathOf } from "./param-paths.ts";

/** The result of a part in its last application in this entry, or the value of a `let` inside of a model. */
export function tap(env: Env, part: DlValue, span: Span): DlValue {
  const { context } = env;
  if (part.kind === "error") return part;
  const path = pathOf(env, part);
  if (path === null)
    return report(context, "E0633", span, `${describe(part)} is not a part of a model`, {
      help: "name a part, such as Net.conv1, or a `let` in the body of a model",
    });
  return tapped(context, path, span);
}

/** The value at a path; an error value after a report. */
export function tapped(context: Context, path: string, span: Span): DlValue {
  const found = context.results.get(path);
  if (found === undefined) {
    const [model = path] = path.split(".");
    const known = [...context.results.keys()].filter((each) => each === model || each.startsWith(`${model}.`));
    const near = didYouMean(path, known);
    return report(context, "E0633", span, `the entry \`${context.entry}\` has not computed \`${path}\``, {
      help:
        near !== null
          ? `did you mean \`${near}\`?`
          : known.length > 0
            ? `the parts of \`${model}\` that it has applied are ${known.slice(0, 12).join(", ")}${known.length > 12 ? ", ..." : ""}`
            : "apply the model before",
    });
  }
  if (tensorsIn(found).every((t) => bring(context, t.value, t.graph) !== null)) return found;
  return report(context, "E0633", span, `\`${path}\` is computed in the body of a loop or branch`, {
    help: "return the value from it: `yield` it in a scan, or make it a carry",
  });
}
