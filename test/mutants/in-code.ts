import type { Mutant } from "./mutant.ts";

const schedule = (file: string): string => `compiler/schedule/${file}.ts`;
const wasm = (file: string): string => `compiler/codegen/wasm/${file}.ts`;

/** Bugs in loops and their transformations. */
export const inSchedule: readonly Mutant[] = [
  {
    name: "lanes-tail",
    says: "the last element that does not fill a vector is not computed",
    file: schedule("loops"),
    from: "for (; at < extent; at++) rest.push",
    to: "for (; at + 1 < extent; at++) rest.push",
  },
  {
    name: "lanes-stride",
    says: "an access with a stride is taken for a run of neighbours",
    file: schedule("vectorize"),
    from: "return by === 1 ? { ...expr, type",
    to: "return by !== 0 && by !== null ? { ...expr, type",
  },
  {
    name: "lanes-jam",
    says: "the second of two vectors side by side is one element off",
    file: schedule("loops"),
    from: "constantInt(4 * j)",
    to: "constantInt(3 * j)",
  },
  {
    name: "peel-turn",
    says: "the loop in front of a turn of its own ends one turn early",
    file: schedule("peel"),
    from: "to: constantInt(extent - 1), body: but",
    to: "to: constantInt(extent - 2), body: but",
  },
  {
    name: "collapse-any",
    says: "two loops become one though memory does not run on from row to row",
    file: schedule("collapse"),
    from: "form !== null && (form.terms.get(outer) ?? 0) === (form.terms.get(inner) ?? 0) * extent",
    to: "form !== null && (form.terms.get(outer) ?? 0) >= (form.terms.get(inner) ?? 0) * extent",
  },
  {
    name: "hoist-register",
    says: "what reads a register is moved out of the loop that sets it",
    file: schedule("hoist"),
    from: 'e.kind === "register" || (e.kind === "load"',
    to: '(e.kind === "load"',
  },
  {
    name: "reduce-lanes",
    says: "the sum of a row leaves one of the four lanes out",
    file: schedule("reduce-rows"),
    from: "[0, 1, 2, 3].map((i) => lane(whole, i))",
    to: "[0, 1, 2].map((i) => lane(whole, i))",
  },
  {
    name: "reduce-neutral",
    says: "partial products begin at 0",
    file: schedule("reduce-rows"),
    from: "mul: 1, max",
    to: "mul: 0, max",
  },
  {
    name: "scatter-overwrites",
    says: "what is added at an index replaces what is there",
    file: schedule("scalar-nest"),
    from: "k.add(k.load(out, position), value)",
    to: "value",
  },
  {
    name: "panel-tail",
    says: "the last columns of a product are stored as if their panel were full",
    file: schedule("contraction-plan"),
    from: "add(ends - size, size, cut, columns - (ends - size) * panelWidth);",
    to: "add(ends - size, size, cut, size * panelWidth);",
  },
  {
    name: "sum-tail",
    says: "the terms of a product that do not fill an unrolled turn are left out",
    file: schedule("contraction-sum"),
    from: "if (whole < dim.size) run(k.int(whole), dim.size - whole);",
    to: "",
  },
  {
    name: "index-of-position",
    says: "the second index of a position in memory counts on through the rows",
    file: schedule("evaluator"),
    from: "axis === 0 ? outer",
    to: "axis <= 1 ? outer",
  },
];

/** Bugs in the emitters, in the steps of an entry, in the runtime and in texts. */
export const inCode: readonly Mutant[] = [
  {
    name: "wasm-max",
    says: "the larger of two vectors is the smaller",
    file: wasm("operators"),
    from: "f32x4.pmax",
    to: "f32x4.pmin",
  },
  {
    name: "wasm-shift",
    says: "a shift that fills with zeros fills with the sign",
    file: wasm("operators"),
    from: "shr_u",
    to: "shr_s",
  },
  {
    name: "wasm-load",
    says: "a signed byte is loaded without its sign",
    file: wasm("memory"),
    from: 'i8: "i32.load8_s"',
    to: 'i8: "i32.load8_u"',
  },
  {
    name: "wasm-offset",
    says: "a pointer begins at its first element, not at the one that the loop reads first",
    file: wasm("addresses"),
    from: "{ terms: kept, constant: bias }",
    to: "{ terms: kept, constant: 0 }",
  },
  {
    name: "wasm-local",
    says: "a local that only an inner block reads is given away before that block",
    file: wasm("liveness"),
    from: "for (const block of blocksOf(stmt)) for (const inner of block)",
    to: "for (const block of blocksOf(stmt).slice(1)) for (const inner of block)",
  },
  {
    name: "wasm-select",
    says: "a choice in lanes takes the other one",
    file: wasm("expressions"),
    from: 'all(on, [a, b, condition]);\n      return on.to.op("v128.bitselect");',
    to: 'all(on, [b, a, condition]);\n      return on.to.op("v128.bitselect");',
  },
  {
    name: "js-rounding",
    says: "JavaScript does not round a difference to f32",
    file: "compiler/codegen/js/expressions.ts",
    from: 'sub: { f32: rounded("-")',
    to: 'sub: { f32: infix("-")',
  },
  {
    name: "wasm-branch",
    says: "both ways of a branch lead to the second",
    file: wasm("emit-steps"),
    from: "emitSteps(step.then, turns, to, callee);",
    to: "emitSteps(step.otherwise, turns, to, callee);",
  },
  {
    name: "steps-reverse",
    says: "a loop from the end begins behind the last item",
    file: "compiler/steps.ts",
    from: "(turns - 1) * step",
    to: "turns * step",
  },
  {
    name: "steps-carry",
    says: "a loop does not copy what its carries begin with",
    file: "compiler/steps.ts",
    from: '[...begin, { kind: "loop", turns',
    to: '[{ kind: "loop", turns',
  },
  {
    name: "runtime-touch",
    says: "the weights stage does not run again when the weights have changed",
    file: "runtime/session.ts",
    from: "touch() {\n      version++;",
    to: "touch() {",
  },
  {
    name: "print-number",
    says: "numbers are printed with six digits",
    file: "compiler/graph/notation.ts",
    from: 'Object.is(x, -0) ? "-0" : String(x)',
    to: 'Object.is(x, -0) ? "-0" : String(Number(x.toPrecision(6)))',
  },
  {
    name: "print-attribute-sign",
    says: "the text of an attribute loses its sign",
    file: "compiler/graph/notation.ts",
    from: 'if (typeof attr === "number") return showNumber(attr);',
    to: 'if (typeof attr === "number") return showNumber(Math.abs(attr));',
  },
];
