import { present } from "../../../compiler/support/invariant.ts";
import { generated, sentence } from "../markdown.ts";
import { bodyOf, declaredName, isNode, membersOf, nodeAt, type Declaration } from "./declaration.ts";
import { doors, exportsOf, textOf, type Exported } from "./doors.ts";
import { setup } from "./setup.ts";

/** Where the interface of a built model is declared, and its name there. */
const built = { file: "runtime/model.ts", name: "ModelOf" };

/** A part of the page. */
export interface Chapter {
  readonly title: string;
  readonly about: string;
  /** What each of its examples begins with. */
  readonly setup: string;
  readonly entries: readonly Exported[];
  /** What it exports that an earlier chapter describes. */
  readonly again: readonly Exported[];
}

/** The members of a built model, and what each module of the package exports. */
export function chapters(): readonly Chapter[] {
  const text = textOf(built.file);
  const statement = bodyOf(text).find(
    (each) => isNode(each["declaration"]) && declaredName(nodeAt(each, "declaration")) === built.name,
  );
  const model: Chapter = {
    title: "A built model",
    about:
      "`module.mjs` of `dlc build` exports `load`, whose options are [`LoadOptions`](#loadoptions), and " +
      "[`DlcError`](#dlcerror). The model has `entries`, `run`, `bind`, `state` and `touch`; `set` if the file has " +
      "settings; `snapshot`, `restore`, `save` and `load` if an entry trains; `reset` if it was built without weights. " +
      "`module.d.ts` has the types of the one model. `compile` and `createSession` return all members.",
    setup: setup.built,
    entries: membersOf(text, present(statement, `${built.file} does not declare ${built.name}`)).map((member) => ({
      ...member,
      file: built.file,
    })),
    again: [],
  };
  const worker: Chapter = {
    title: "A built model in a worker",
    about:
      "`client.mjs` of `dlc build --worker` exports `loadInWorker`, as [Deployment](deploy.md#off-the-main-thread) " +
      "describes: it takes `LoadInWorkerOptions` and resolves to a `WorkerModelOf` the types of the model.",
    setup: "",
    entries: exportsOf("runtime/worker-model.ts"),
    again: [],
  };
  const seen = new Set<string>();
  return [
    model,
    worker,
    ...doors().map(({ name, about, exports }): Chapter => {
      const fresh = exports.filter((each) => !seen.has(idOf(each)));
      const again = exports.filter((each) => seen.has(idOf(each)));
      for (const each of fresh) seen.add(idOf(each));
      return { title: `\`${name}\``, about, setup: setup.doors.get(name) ?? "", entries: valuesFirst(fresh), again };
    }),
  ];
}

/** The same for all modules that export it. */
const idOf = ({ file, name }: Exported): string => `${file} ${name}`;

const valuesFirst = (entries: readonly Exported[]): readonly Exported[] => [
  ...entries.filter(({ isValue }) => isValue),
  ...entries.filter(({ isValue }) => !isValue),
];

/** What the package exports, from the declarations and the comments above them. */
export function apiPage(): string {
  const all = chapters();
  const anchors = anchorsOf(all);
  const link = (entry: Exported): string => `[${entry.name}](#${anchors.get(idOf(entry)) ?? ""})`;
  return `${[
    "# API",
    generated("the declarations that `exports` of package.json leads to"),
    "The examples run in a folder with this model, `mlp.dl`, and its build. `// =>` is what the expression before it " +
      "returns.",
    fence("dl", setup.model),
    fence("sh", setup.build),
    ...all.flatMap((chapter) => [
      `## ${chapter.title}`,
      sentence(chapter.about),
      chapter.entries.map(link).join(", "),
      ...(chapter.again.length === 0 ? [] : [`As above: ${chapter.again.map(link).join(", ")}.`]),
      ...(chapter.setup === "" ? [] : ["The examples begin with", fence("js", chapter.setup)]),
      ...chapter.entries.map(entryText),
    ]),
  ].join("\n\n")}\n`;
}

/** The anchors of the entries on the page: a heading that occurs again has a number. */
function anchorsOf(all: readonly Chapter[]): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  const anchor = (heading: string): string => {
    const id = heading.toLowerCase();
    const count = counts.get(id) ?? 0;
    counts.set(id, count + 1);
    return count === 0 ? id : `${id}-${count}`;
  };
  return new Map(all.flatMap(({ entries }) => entries.map((entry) => [idOf(entry), anchor(entry.name)] as const)));
}

const fence = (language: string, text: string): string => `\`\`\`${language}\n${text.trim()}\n\`\`\``;

const entryText = ({ name, doc, signature, examples }: Declaration): string =>
  [
    `### ${name}`,
    ...(doc === "" ? [] : [doc]),
    fence("ts", signature),
    ...examples.map((example) => fence("js", example)),
  ].join("\n\n");
