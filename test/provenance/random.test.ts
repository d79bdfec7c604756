import { expect, test } from "vitest";
import { gapsOfRandom } from "./random.ts";

// The examples are checked by `test/examples/examples.test.ts`, which compiles them anyway.

test("in every stage of random graphs the origins of each node lead back to the first graph", () => {
  for (let seed = 1; seed <= 40; seed++) expect(gapsOfRandom(seed)).toEqual([]);
});
