// Node: a context that compiles neither strings nor WebAssembly, with no globals but those of the language. It is given
// a compiled module, or bytes if the command line says so.
import { readFile } from "node:fs/promises";
import { createContext, SourceTextModule } from "node:vm";
import { outcomeOf } from "./outcome.mjs";

const read = (name) => readFile(new URL(name, import.meta.url));
const context = createContext({}, { codeGeneration: { strings: false, wasm: false } });
const modules = new Map();

async function moduleAt(identifier) {
  const source = await readFile(new URL(identifier), "utf8");
  return new SourceTextModule(source, { context, identifier });
}

function imported(name, from) {
  const { href } = new URL(name, from);
  if (!modules.has(href)) modules.set(href, moduleAt(href));
  return modules.get(href);
}

const given = await imported("./given.mjs", import.meta.url);
await given.link((name, { identifier }) => imported(name, identifier));
await given.evaluate();
const code = await read("model/module.wasm");
const module = process.argv[2] === "bytes" ? code : await WebAssembly.compile(code);
const weights = await read("model/weights.safetensors");
console.log(JSON.stringify(await outcomeOf(given.namespace.run(module, weights))));
