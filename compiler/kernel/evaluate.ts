import type { TensorData } from "../../runtime/model.ts";
import { InvariantError, invariant, never, present } from "../support/invariant.ts";
import { at, product } from "../support/lists.ts";
import { moves, movesLanes, semantics } from "./arithmetic.ts";
import { operators, type Sizable, type Expr, type Kernel, type MathFunction, type Stmt } from "./ir.ts";
import { functions } from "./math.ts";
import { printExpr } from "./print.ts";
import { leading } from "./types.ts";

// The interpreter of kernels: slow, simple, and the reference for the emitters. Every operator rounds to f32, lanes are
// computed one by one, `madd` rounds twice. Expressions become closures, one for each lane.

type Value = () => number;
type Action = () => void;

/**
 * Runs the kernel on arrays by buffer name, with the values of its scalars. An access outside a buffer or a
 * register array breaks an invariant, whose message shows the access.
 */
export function evaluateKernel(
  kernel: Kernel,
  buffers: Readonly<Record<string, TensorData>>,
  scalars: readonly number[] = [],
): void {
  new Interpreter(kernel, buffers, scalars).run();
}

/** The size of a buffer in a call with these scalars. */
export const bufferSize = ({ scalars = [] }: Kernel, { size }: Sizable, given: readonly number[] = []): number =>
  typeof size === "number" ? size : at(given, scalars.indexOf(size));

/** Evaluates a math function on scalars. */
export function evaluateFunction(fn: MathFunction, args: readonly number[]): number {
  return compileFunction(fn)(args.map((x) => () => x))();
}

interface Cells {
  readonly dims: readonly number[];
  readonly lanes: number;
  /** The values, lanes innermost. */
  readonly values: number[];
}

type Scope = Map<string, Cells>;

function single(scope: Scope, name: string, lanes: number): number[] {
  const values = new Array<number>(lanes).fill(0);
  scope.set(name, { dims: [], lanes, values });
  return values;
}

function compileFunction(fn: MathFunction): (args: readonly Value[]) => Value {
  const scope: Scope = new Map();
  const params = fn.params.map((param) => single(scope, param.name, 1));
  const lets = fn.lets.map(({ name, value }) => {
    const compute = compile(value, 0, scope, noBuffers);
    const cell = single(scope, name, 1);
    return () => void (cell[0] = compute());
  });
  const result = compile(fn.result, 0, scope, noBuffers);
  return (args) => () => {
    const values = args.map((arg) => arg());
    for (const [index, cell] of params.entries()) cell[0] = present(values[index], `${fn.name} lacks an argument`);
    for (const run of lets) run();
    return result();
  };
}

interface Memory {
  readonly buffer: Sizable;
  /** Of the buffer, in elements. */
  readonly size: number;
  readonly data: TensorData;
}

function noBuffers(name: string): never {
  throw new InvariantError(`a math function reads the buffer ${name}`);
}

/** The value of the expression on one lane. */
function compile(x: Expr, lane: number, scope: Scope, memory: (name: string) => Memory): Value {
  const inner = (y: Expr, at = lane): Value => compile(y, at, scope, memory);
  switch (x.kind) {
    case "const":
      return () => x.value;
    case "var": {
      const { values } = cells(scope, x.name);
      return () => present(values[lane], x.name);
    }
    case "register": {
      const { values, lanes } = cells(scope, x.name);
      const offset = elementOffset(x.name, x.at, scope, memory);
      return () => present(values[offset() * lanes + lane], x.name);
    }
    case "load": {
      const { buffer, size, data } = memory(x.buffer);
      const at = inner(x.at, 0);
      return () => {
        const first = at();
        inBounds(buffer.name, size, first, x.type.lanes, () => printExpr(x));
        return present(data[first + lane], x.buffer);
      };
    }
    case "splat":
      return inner(x.value, 0);
    case "lane":
      return inner(x.value, x.lane);
    case "call":
      return compileFunction(present(functions.get(x.fn), `unknown function ${x.fn}`))(x.args.map((arg) => inner(arg)));
    case "apply":
      return compileOperator(x, lane, inner);
    default:
      return never(x);
  }
}

function compileOperator(x: Expr & { kind: "apply" }, lane: number, inner: (y: Expr, at?: number) => Value): Value {
  if (x.op === "ramp") return () => lane;
  if (movesLanes(x.op)) {
    const [operand, from] = at(moves[x.op], lane);
    return inner(at(x.args, operand), from);
  }
  const scalar = present(x.args[leading(x.op)], `${x.op} has operands`).type.scalar;
  const rule = present(semantics[x.op][scalar], `${x.op} takes ${scalar}`);
  const [a = zero, b = zero, c = zero] = x.args.map((arg) => inner(arg, arg.type.lanes === 1 ? 0 : lane));
  if (scalar === "i32" && (x.op === "div" || x.op === "rem")) {
    return () => {
      const divisor = b();
      invariant(divisor !== 0, `${printExpr(x)} divides by 0`);
      return rule(a(), divisor, 0);
    };
  }
  if (operators[x.op] === 1) return () => rule(a(), 0, 0);
  if (operators[x.op] === 2) return () => rule(a(), b(), 0);
  return () => rule(a(), b(), c());
}

const zero: Value = () => 0;

const cells = (scope: Scope, name: string): Cells => present(scope.get(name), `${name} is not in scope`);

/** The flat index in a register array; each index is checked against its dim. */
function elementOffset(name: string, at: readonly Expr[], scope: Scope, memory: (name: string) => Memory): Value {
  const { dims } = cells(scope, name);
  invariant(at.length === dims.length, `${name} has ${dims.length} axes`);
  if (dims.length === 0) return zero;
  const indices = at.map((x, axis) => ({ index: compile(x, 0, scope, memory), size: dims[axis] ?? 0 }));
  return () => {
    let offset = 0;
    for (const { index, size } of indices) {
      const i = index();
      if (i < 0 || i >= size)
        throw new InvariantError(`${name}[${at.map(printExpr).join(",")}] is outside [${dims.join(",")}]: ${i}`);
      offset = offset * size + i;
    }
    return offset;
  };
}

function inBounds(buffer: string, size: number, at: number, lanes: number, access: () => string): void {
  if (at < 0 || at + lanes > size)
    throw new InvariantError(`${access()} is outside ${buffer}[${size}]: position ${at}`);
}

class Interpreter {
  readonly #kernel: Kernel;
  readonly #memory = new Map<string, Memory>();
  readonly #scope: Scope = new Map();

  constructor(kernel: Kernel, buffers: Readonly<Record<string, TensorData>>, scalars: readonly number[]) {
    this.#kernel = kernel;
    const { scalars: names = [] } = kernel;
    invariant(names.length === scalars.length, `${kernel.name} takes ${names.length} scalars, not ${scalars.length}`);
    for (const [i, name] of names.entries()) single(this.#scope, name, 1)[0] = at(scalars, i);
    for (const buffer of kernel.buffers) {
      const data = present(buffers[buffer.name], `${kernel.name} lacks the buffer ${buffer.name}`);
      const size = bufferSize(kernel, buffer, scalars);
      invariant(data.length >= size, `${buffer.name} has ${data.length} elements, not ${size}`);
      this.#memory.set(buffer.name, { buffer, size, data });
    }
  }

  run(): void {
    this.#block(this.#kernel.body)();
  }

  #block(body: readonly Stmt[]): Action {
    const actions = body.map((stmt) => this.#statement(stmt));
    return () => {
      for (const action of actions) action();
    };
  }

  #lanes(x: Expr): Value[] {
    return Array.from({ length: x.type.lanes }, (_, lane) => this.#value(x, lane));
  }

  #value(x: Expr, lane = 0): Value {
    return compile(x, lane, this.#scope, (name) => present(this.#memory.get(name), `unknown buffer ${name}`));
  }

  #statement(stmt: Stmt): Action {
    switch (stmt.kind) {
      case "for": {
        const [from, to] = [this.#value(stmt.from), this.#value(stmt.to)];
        const cell = single(this.#scope, stmt.name, 1);
        const body = this.#block(stmt.body);
        return () => {
          const end = to();
          for (let i = from(); i < end; i += stmt.step) {
            cell[0] = i;
            body();
          }
        };
      }
      case "let": {
        const lanes = this.#lanes(stmt.value);
        const cell = single(this.#scope, stmt.name, lanes.length);
        return () => lanes.forEach((compute, lane) => (cell[lane] = compute()));
      }
      case "var": {
        const init = this.#lanes(stmt.init);
        const count = product(stmt.dims);
        const values = new Array<number>(count * init.length).fill(0);
        this.#scope.set(stmt.name, { dims: stmt.dims, lanes: init.length, values });
        return () => {
          for (const [lane, compute] of init.entries()) {
            const start = compute();
            for (let i = 0; i < count; i++) values[i * init.length + lane] = start;
          }
        };
      }
      case "set": {
        const { values, lanes } = cells(this.#scope, stmt.name);
        const offset = elementOffset(stmt.name, stmt.at, this.#scope, (name) =>
          present(this.#memory.get(name), `unknown buffer ${name}`),
        );
        const value = this.#lanes(stmt.value);
        return () => {
          const first = offset() * lanes;
          for (const [lane, x] of value.map((compute) => compute()).entries()) values[first + lane] = x;
        };
      }
      case "store": {
        const { buffer, size, data } = present(this.#memory.get(stmt.buffer), `unknown buffer ${stmt.buffer}`);
        const at = this.#value(stmt.at);
        const value = this.#lanes(stmt.value);
        return () => {
          const first = at();
          inBounds(buffer.name, size, first, value.length, () =>
            printExpr({ kind: "load", type: stmt.value.type, buffer: buffer.name, at: stmt.at }),
          );
          for (const [lane, x] of value.map((compute) => compute()).entries()) data[first + lane] = x;
        };
      }
      case "if": {
        const [when, then, otherwise] = [this.#value(stmt.when), this.#block(stmt.then), this.#block(stmt.otherwise)];
        return () => (when() !== 0 ? then() : otherwise());
      }
      default:
        return never(stmt);
    }
  }
}
