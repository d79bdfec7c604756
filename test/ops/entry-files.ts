// The file of each op's entry, for the messages of failing tests.
import { readdirSync } from "node:fs";
import type { Op } from "../../compiler/graph/op.ts";

const folder = new URL("../../compiler/ops/", import.meta.url);

const families = await Promise.all(
  readdirSync(folder)
    .filter((file) => file.endsWith(".ts") && file !== "table.ts")
    .map(async (file): Promise<readonly [file: string, exported: unknown]> => [
      file,
      await import(new URL(file, folder).href),
    ]),
);

const isFamily = (value: unknown): value is readonly Op[] =>
  Array.isArray(value) && value.every((item) => item !== null && typeof item === "object" && "form" in item);

const files = new Map(
  families.flatMap(([file, exported]) =>
    Object.values(exported as object)
      .filter(isFamily)
      .flatMap((family) => family.map(({ name }) => [name, `compiler/ops/${file}`] as const)),
  ),
);

/** For example `compiler/ops/math.ts`. */
export const entryFile = ({ name }: Op): string => files.get(name) ?? "compiler/ops";
