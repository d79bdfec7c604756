import { apply, splat, type Const } from "../kernel/fold.ts";
import { i32, type Expr, type Kernel, type Stmt } from "../kernel/ir.ts";
import { Names } from "../kernel/names.ts";
import { printKernel } from "../kernel/print.ts";
import { isShiftCount, sameReg } from "../kernel/types.ts";
import { defined } from "../kernel/walk.ts";
import { at } from "../support/lists.ts";

/** A kernel that does the work of another when it is called with these scalars. */
export interface SharedKernel {
  readonly kernel: Kernel;
  readonly scalars: readonly number[];
}

/**
 * One kernel for all that differ only in constants, where a variable is as good: the end of a loop, the size of a
 * buffer, a number in a computation. Constants of addresses and of unrolled loops stay, since they make code fast. The
 * result has an entry for each kernel that has a shared one.
 */
export function shareKernels(kernels: readonly Kernel[]): ReadonlyMap<Kernel, SharedKernel> {
  const alike = Map.groupBy(kernels.filter(canShare), outline);
  return new Map([...alike.values()].flatMap((group) => (group.length > 1 ? [...shared(group)] : [])));
}

const canShare = ({ body, strict, scalars }: Kernel): boolean =>
  strict === undefined && scalars === undefined && !hasUnrolled(body);

const hasUnrolled = (body: readonly Stmt[]): boolean =>
  body.some((stmt) => {
    if (stmt.kind === "if") return hasUnrolled(stmt.then) || hasUnrolled(stmt.otherwise);
    return stmt.kind === "for" && (stmt.unroll || hasUnrolled(stmt.body));
  });

/** Equal for kernels that may share one. */
const outline = (kernel: Kernel): string =>
  printKernel({
    ...replaced(
      kernel,
      ({ type }) => ({ kind: "var", type, name: "c" }),
      () => "c",
    ),
    name: "k",
    origin: "",
  });

function shared(group: readonly Kernel[]): ReadonlyMap<Kernel, SharedKernel> {
  const [first] = group;
  if (first === undefined) return new Map();
  const columns = constantsOf(first).map((_, i) => i);
  const rows = group.map(constantsOf);
  // Constants that are equal in each kernel, such as a size and the end of a loop, are one scalar.
  const keyOf = (column: number): string => rows.map((row) => at(row, column)).join();
  const varied = new Set(columns.filter((i) => rows.some((row) => at(row, i) !== at(at(rows, 0), i))).map(keyOf));
  const keys = [...varied];
  const names = new Names([...first.buffers.map(({ name }) => name), ...defined(first.body)]);
  const scalars = keys.map(() => names.fresh("scalar"));
  const lets = new Map<string, Extract<Stmt, { kind: "let" }>>();
  let column = 0;
  const scalarOf = (): string | undefined => scalars[keys.indexOf(keyOf(column++))];
  const parts = replaced(
    first,
    (x) => {
      const name = scalarOf();
      if (name === undefined) return x;
      const word: Expr = { kind: "var", type: i32, name };
      if (sameReg(x.type, i32)) return word;
      const value = splat(x.type.scalar === "f32" ? apply("bits_f32", [word]) : word, x.type.lanes);
      const key = `${name} ${x.type.scalar} ${x.type.lanes}`;
      const known = lets.get(key) ?? { kind: "let", name: names.fresh("constant"), value };
      lets.set(key, known);
      return { kind: "var", type: x.type, name: known.name };
    },
    (size) => scalarOf() ?? size,
  );
  const kernel: Kernel = {
    ...parts,
    name: commonName(group.map(({ name }) => name)),
    ...(scalars.length > 0 && { scalars }),
    body: [...lets.values(), ...parts.body],
  };
  return new Map(group.map((each, row) => [each, { kernel, scalars: keys.map((key) => Number(key.split(",")[row])) }]));
}

/** The words with which all names begin: `mul_cos_f32` of `mul_cos_f32_3x3` and `mul_cos_f32_5x5`. */
function commonName(names: readonly string[]): string {
  const [first = [], ...others] = names.map((name) => name.split("_"));
  const end = first.findIndex((word, i) => others.some((other) => other[i] !== word));
  return (end < 0 ? first : first.slice(0, Math.max(1, end))).join("_");
}

/** The constants in the order in which `replaced` finds them, as i32. */
function constantsOf(kernel: Kernel): readonly number[] {
  const found: number[] = [];
  replaced(
    kernel,
    (x) => {
      found.push(x.type.scalar === "f32" ? bitsOf(x.value) : x.value);
      return x;
    },
    (size) => {
      found.push(size);
      return size;
    },
  );
  return found;
}

const bitsOf = (value: number): number => new Int32Array(Float32Array.of(value).buffer)[0] ?? 0;

/** The kernel with those constants replaced that may become scalars. */
function replaced(kernel: Kernel, change: (x: Const) => Expr, changeSize: (size: number) => number | string): Kernel {
  const value = (x: Expr): Expr => {
    switch (x.kind) {
      case "const":
        return x.type.scalar === "bool" || Number.isNaN(x.value) ? x : change(x);
      case "var":
      case "register":
      case "load":
        return x;
      case "splat":
      case "lane":
        return { ...x, value: value(x.value) };
      case "call":
        return { ...x, args: x.args.map(value) };
      case "apply":
        return x.op === "div" || x.op === "rem"
          ? x
          : { ...x, args: x.args.map((arg, i) => (isShiftCount(x.op, i) ? arg : value(arg))) };
    }
  };
  const statement = (stmt: Stmt): Stmt => {
    switch (stmt.kind) {
      case "for":
        return { ...stmt, to: value(stmt.to), body: stmt.body.map(statement) };
      case "let":
      case "set":
      case "store":
        return { ...stmt, value: value(stmt.value) };
      case "var":
        return { ...stmt, init: value(stmt.init) };
      case "if":
        return {
          ...stmt,
          when: value(stmt.when),
          then: stmt.then.map(statement),
          otherwise: stmt.otherwise.map(statement),
        };
    }
  };
  return {
    ...kernel,
    buffers: kernel.buffers.map((buffer) => ({
      ...buffer,
      size: typeof buffer.size === "number" ? changeSize(buffer.size) : buffer.size,
    })),
    body: kernel.body.map(statement),
  };
}
