// Loaded by each test worker when coverage is measured, because a worker may be killed before it writes its counts.
import { takeCoverage } from "node:v8";
import { afterAll } from "vitest";

afterAll(() => takeCoverage());
