import { stagesOfGraph } from "../../compiler/compile.ts";
import { generate } from "../fuzz/generator/index.ts";
import { Stages } from "./gaps.ts";

/** The gaps in all stages of the random graph of this seed; every second graph is a training graph. */
export function gapsOfRandom(seed: number): readonly string[] {
  const graph = generate(seed, { trains: seed % 2 === 0, special: false });
  const stages = new Stages(graph, { located: false });
  return stagesOfGraph(graph, {}).flatMap((stage) =>
    stages.gaps(stage.graph).map((gap) => `seed ${seed}, ${stage.name}: ${gap}`),
  );
}
