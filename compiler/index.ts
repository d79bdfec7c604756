// The public API of the compiler. It runs in browsers unchanged: it reads files only through the caller's resolver.
export {
  compileModule,
  type CompiledModule,
  type CompileOptions,
  type Mode,
  type Resolver,
  type Target,
} from "./compile.ts";
export type { ModuleCode } from "./link/module-code.ts";
export type { Variants } from "./frontend/given-dims.ts";
export { checkSource } from "./inspect/check.ts";
export { runTests, type TestResult } from "./inspect/run-tests.ts";
export { showShapes } from "./inspect/shapes.ts";
export { receptiveField, type FieldAxis, type ReceptiveField } from "./inspect/receptive-field.ts";
export {
  summarize,
  type MemoryUse,
  type Summary,
  type SummaryRow,
  type SummarySlot,
  type Work,
} from "./inspect/summary.ts";
export { dump, stageNames, type DumpOptions } from "./inspect/dump.ts";
export { pipeline } from "./pipeline.ts";
export type { Diagnostic, Label } from "../dsl/diagnostic.ts";
export { DiagnosticError } from "../dsl/diagnostic-error.ts";
export type { Source, Span } from "../dsl/span.ts";
