import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { compiled, joined, noErrors, references, stated, unaryNames, type Errors } from "../kernel/math-accuracy.ts";
import { blocksOf } from "./math-arguments.ts";
import type { Found, Task } from "./math-sweep-worker.ts";

// `npm run sweep:math`: the functions of the kernels as strict WebAssembly against f64, for every f32 (sin and cos: up
// to their documented range) and, for pow, 2^28 pairs. Prints the largest error of each function, its argument, and the
// number of results with an error over 1 ulp. `--function NAME` selects functions (separated by commas), `--stride K`
// every K-th argument, `--from` and `--to` (0 to 1) a part of the arguments.

const { values } = parseArgs({
  options: {
    function: { type: "string" },
    stride: { type: "string", default: "1" },
    from: { type: "string", default: "0" },
    to: { type: "string", default: "1" },
  },
});
const stride = Math.max(1, Math.floor(Number(values.stride)) || 1);
const names = values.function?.split(",") ?? [...unaryNames, "pow"];
const unknown = names.filter((name) => references[name] === undefined);
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

const parts = 32;

/** Sweeps one function, with two workers that take parts from one queue. */
async function sweep(name: string): Promise<void> {
  const blocks = blocksOf(name, stride);
  const [first, end] = [Number(values.from), Number(values.to)].map((share) => Math.floor(share * blocks));
  const size = ((end ?? 0) - (first ?? 0)) / parts;
  const tasks: Task[] = Array.from({ length: parts }, (_, i) => {
    const at = (part: number): number => (first ?? 0) + Math.floor(part * size);
    return { name, stride, first: at(i), end: at(i + 1) };
  });
  const start = performance.now();
  let [found, done]: [Errors, number] = [noErrors, 0];
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL("./math-sweep-worker.ts", import.meta.url));
      const next = (): void => (tasks.length > 0 ? worker.postMessage(tasks.shift()) : void worker.terminate());
      worker.on("message", (errors: Found) => {
        found = joined(found, errors);
        done++;
        const seconds = (performance.now() - start) / 1000;
        if (done % 8 === 0 && done < parts)
          say(
            `  ${name} ${Math.round((100 * done) / parts)} %, ${seconds.toFixed(0)} s: ${found.worst.toFixed(4)} ulp`,
          );
        next();
      });
      worker.on("error", reject);
      worker.on("exit", () => resolve());
      next();
    });
  await Promise.all([one(), one()]);
  const bound = stated(name);
  if (found.worst > bound) process.exitCode = 1;
  say(
    `${name.padEnd(8)} ${found.worst.toFixed(4)} ulp at ${found.at.join(", ")}, ${found.over1} of ${found.count} over 1 ulp, ${((performance.now() - start) / 1000).toFixed(0)} s` +
      `${found.worst > bound ? `: over the documented ${bound}` : ""}`,
  );
}

for (const name of unknown) say(`unknown function ${name}; known functions: ${Object.keys(references).join(", ")}`);
if (unknown.length > 0) process.exitCode = 2;
else {
  for (const name of names) {
    if (!Buffer.from(compiled(name).bytes).equals(compiled(name, "fast").bytes)) {
      say(`${name} compiles to different code in fast mode`);
      process.exitCode = 1;
    }
    await sweep(name);
  }
}
