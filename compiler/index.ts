// The public door of the compiler. It runs in browsers as it is: files come through the resolver that the caller gives.
export { compileModule, type CompiledModule, type CompileOptions, type Mode, type Resolver, type Target } from "./compile.ts";
export { checkSource } from "./inspect/check.ts";
export { runTests, type TestResult } from "./inspect/run-tests.ts";
export { showShapes } from "./inspect/shapes.ts";
export { summarize, type Summary, type SummaryRow } from "./inspect/summary.ts";
export { dump, stageNames, type DumpOptions } from "./inspect/dump.ts";
export { pipeline } from "./pipeline.ts";
export { DiagnosticError, type Diagnostic } from "../dsl/diagnostic.ts";
