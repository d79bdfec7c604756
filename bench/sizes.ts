// Prints the size of the WebAssembly of some models, in bytes and compressed: `npm run bench:sizes`, or with any part
// of a model's name.
import { alignColumns } from "../compiler/support/columns.ts";
import { compiledSubject, compressed, sizeSubjects } from "./sizes-subjects.ts";

const [part = ""] = process.argv.slice(2);
const rows = sizeSubjects
  .filter(({ name }) => name.includes(part))
  .map((subject) => {
    const module = compiledSubject(subject);
    const sizes = [module, module.withoutInit()].flatMap((code) =>
      (["strict", "fast"] as const).map((mode) => {
        const { bytes } = code.wasm(mode);
        return `${bytes.length} / ${compressed(bytes)}`;
      }),
    );
    return [subject.name, ...sizes];
  });
const head = ["", "strict", "fast", "strict, no init", "fast, no init"];
console.log(alignColumns([head, ...rows], Infinity).join("\n"));
