// Which layer and which lines the nodes of a graph belong to, as elaboration goes along.
import type { Span } from "../../../dsl/span.ts";
import type { GraphBuilder } from "../../graph/build.ts";
import type { Attribution, Location, Role } from "../../graph/provenance.ts";
import type { Context, Env } from "../context.ts";
import { nodeSpan } from "../errors.ts";

/** A location in the text, below the calls that are running. */
export const locationAt = ({ calls }: Context, span: Span): Location => ({
  span,
  caller: calls.at(-1)?.location ?? null,
});

/** Of nodes that the text at `span` makes; their role is the one that the builder's nodes have at the time. */
export function attributionAt(env: Env, span: Span, role: Role = env.context.builder.attribution.role): Attribution {
  const { context, frame } = env;
  const { builder } = context;
  return {
    // The initializer of a setting belongs to no layer.
    path: frame.layer === "" ? builder.attribution.path : frame.layer,
    role,
    location: locationAt(context, span),
    span: nodeSpan(context, span),
    forward: null,
  };
}

/** What the builder makes while the steps run has this role. */
export const inRole = <T>(builder: GraphBuilder, role: Role, steps: () => T): T =>
  builder.attributed({ ...builder.attribution, role }, steps);

/** The layer that owns a param or state. */
export const ownerOf = (path: string): string => path.split(".").slice(0, -1).join(".") || path;
