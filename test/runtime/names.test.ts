import { expect, test } from "vitest";
import { compileModule } from "../../compiler/compile.ts";
import { createResolver } from "../../cli/host/resolver.ts";
import { createSession } from "../../runtime/session.ts";

/** Names with a meaning in JavaScript: `then` makes an object a promise. */
const names = ["then", "constructor", "__proto__", "toString", "default", "class", "await", "arguments"];

const source = {
  name: "names.dl",
  text: `dl 1\n${names.map((name) => `\nentry ${name}(x: f32[2]) {\n  { ${name}: x * 2 }\n}\n`).join("")}`,
};

test.each(["wasm", "js", "reference"] as const)("%s: entries and outputs can have any name", async (target) => {
  const module = compileModule(source, { resolve: createResolver(source.name) });
  const session = await createSession(module.plan, await module.code(target));
  for (const name of names) {
    const result = Object.getOwnPropertyDescriptor(session.run(name, { x: [1, 2] }), name);
    expect(result?.value).toMatchObject({ shape: [2], data: Float32Array.of(2, 4) });
  }
});
