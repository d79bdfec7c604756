import { defineConfig } from "vitest/config";

// Modules load natively, as users load them: Node strips the types, and no code comes from strings.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    // No module keeps state between tests, so that workers serve several files and load the compiler once.
    isolate: false,
    testTimeout: 60_000,
    execArgv: ["--disallow-code-generation-from-strings", "--import=./test/support/no-code-from-strings.ts"],
    setupFiles: process.env["NODE_V8_COVERAGE"] === undefined ? [] : ["./tools/covered/worker.ts"],
    experimental: { viteModuleRunner: false, nodeLoader: false },
  },
});
