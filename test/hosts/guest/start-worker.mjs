import { report } from "./report.mjs";

const worker = new Worker(new URL("./main.mjs", import.meta.url), { type: "module" });
worker.onerror = (event) => report(Promise.reject(event));
