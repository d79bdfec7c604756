// All ops. Other folders import them only from here.
import type { OpTable } from "../graph/op.ts";
import { invariant } from "../support/invariant.ts";
import { arithmetic } from "./arithmetic.ts";
import { boxes } from "./boxes.ts";
import { comparisons } from "./compare.ts";
import { control } from "./control.ts";
import { conversions } from "./convert.ts";
import { convolutions } from "./conv.ts";
import { dots } from "./dot.ts";
import { indexing } from "./indexing.ts";
import { leaves } from "./leaves.ts";
import { lines } from "./lines.ts";
import { math } from "./math.ts";
import { movement } from "./movement.ts";
import { packing } from "./packing.ts";
import { random } from "./random.ts";
import { reductions } from "./reduce.ts";
import { segments } from "./segments.ts";
import { updates } from "./updates.ts";
import { windows } from "./window.ts";

const families = [
  leaves,
  arithmetic,
  math,
  comparisons,
  conversions,
  random,
  reductions,
  movement,
  boxes,
  indexing,
  updates,
  segments,
  dots,
  convolutions,
  windows,
  lines,
  packing,
  control,
];

export const ops: OpTable = new Map(families.flat().map((op) => [op.name, op]));

invariant(ops.size === families.flat().length, "two ops have the same name");
