import { parse } from "../../dsl/parse.ts";
import { glueParts } from "../../cli/build/glue/parts.ts";
import { pageTexts } from "../../cli/build/page-texts.ts";
import { libraryTexts } from "../../cli/std/files.ts";

/** Modules that read files of the checkout, by path, with what they read instead. */
export const generatedModules = async (): Promise<ReadonlyMap<string, string>> =>
  new Map([
    [
      "cli/std/files.ts",
      constantFunction(
        "libraryTexts",
        libraryTexts().map(([name, text]) => [name, withoutTests(name, text)]),
      ),
    ],
    ["cli/build/glue/parts.ts", constantFunction("glueParts", await glueParts())],
    ["cli/build/page-texts.ts", constantFunction("pageTexts", await pageTexts())],
  ]);

const constantFunction = (name: string, value: unknown): string =>
  `const value = ${JSON.stringify(value)};\nexport const ${name} = () => value;\n`;

/** Tests of the library stay in the repository. Lines keep their numbers. */
function withoutTests(name: string, text: string): string {
  const { file } = parse({ name, text });
  const tests = file?.items.filter((item) => item.kind === "test") ?? [];
  const blank = tests.reduceRight(
    (rest, { span }) =>
      rest.slice(0, span.start) + rest.slice(span.start, span.end).replaceAll(/[^\n]/g, "") + rest.slice(span.end),
    text,
  );
  return `${blank.trimEnd()}\n`;
}
