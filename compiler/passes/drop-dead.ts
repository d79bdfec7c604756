import { dropDead as withoutDead } from "../graph/rebuild.ts";
import type { Pass } from "./pass.ts";

/** Drops every node that no output and no write needs. Inputs stay: they are the signature. */
export const dropDead: Pass = {
  name: "drop-dead",
  says: "drops what no output and no write needs",
  needs: [],
  gives: [],
  breaks: [],
  exact: true,
  run: withoutDead,
};
