// Loaded by each worker of the tests when coverage is taken: a worker may be ended before it writes what it has counted.
import { takeCoverage } from "node:v8";
import { afterAll } from "vitest";

afterAll(() => takeCoverage());
