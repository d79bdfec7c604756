import { defineConfig } from "vitest/config";
import config from "./vitest.config.ts";

// `npm run test:quick`: the tests that name what is missing or wrong, in seconds. Whole folders, so that a new test
// file is part of it, except files that draw random cases, measure time, or run every op on every target: `npm test`
// runs these.
export default defineConfig({
  test: {
    ...config.test,
    include: [
      "test/{structure,ops,passes,schedule}/**/*.test.ts",
      "test/{dsl,frontend,diagnostics,docs}/**/*.test.ts",
      "test/{graph,kernel,formats}/**/*.test.ts",
      "test/gradients/coverage.test.ts",
      "test/fuzz/library-uses.test.ts",
    ],
    exclude: [
      "**/{random,fuzz,properties}.test.ts",
      "test/ops/targets*.test.ts",
      "test/passes/{control,lenet,loops}.test.ts",
      "test/schedule/{contraction,lower}.test.ts",
      "test/dsl/{format,outline}.test.ts",
      "test/frontend/{std,examples,tools}.test.ts",
      "test/diagnostics/json.test.ts",
      "test/graph/{shrink,print,error-bound,autodiff,rewrite}.test.ts",
      "test/kernel/{math,simplify}.test.ts",
      "test/structure/ci.test.ts",
    ],
  },
});
