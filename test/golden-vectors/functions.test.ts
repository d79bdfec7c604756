// Expressions of the library against PyTorch: the value and the gradients of the inputs.
import { test } from "vitest";
import { casesOf, check, type Case } from "./vectors.ts";

interface Options {
  readonly value: string;
  readonly of: readonly string[];
  readonly ints: readonly string[];
}

const files = ["windows", "linear-algebra", "fourier", "resampling", "regions", "alignment"];

const declared = "fn joined(parts: any) = concat(parts[0], parts[1], axis: -1)\n";

const optionsOf = ({ options }: Case): Options => options as unknown as Options;

function programOf(vectors: Case): string {
  const { value, of, ints } = optionsOf(vectors);
  const inputs = Object.entries(vectors.inputs).map(
    ([name, { shape }]) => `${name}: ${ints.includes(name) ? "i32" : "f32"}[${shape.join(", ")}]`,
  );
  const gradients = of.map((name) => `d${name}: grad(sum(y * dy), ${name})`);
  return `${value.includes("joined(") ? declared : ""}
entry run(${inputs.join(", ")}) {
  let y = ${value}
  { ${["y", ...gradients].join(", ")} }
}`;
}

for (const file of files)
  for (const vectors of casesOf(file))
    test(`${file}: ${vectors.name}`, () => check(vectors, { text: programOf(vectors) }));
