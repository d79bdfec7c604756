// Tests run under --disallow-code-generation-from-strings. Vitest's module runner, which we do not use (modules load
// natively), still builds one empty async function from a string when it starts, to count its lines; this replaces that
// constructor.
const asyncFunctions = Object.getPrototypeOf(async () => undefined) as object;
Object.defineProperty(asyncFunctions, "constructor", {
  value: function () {
    return async () => undefined;
  },
});
