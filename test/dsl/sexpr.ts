import type {
  Argument,
  Block,
  Carry,
  DimExpr,
  Expr,
  File,
  IndexItem,
  Item,
  Parameter,
  Pattern,
  ResultType,
  Step,
  Stmt,
  TypeExpr,
} from "../../dsl/index.ts";

/** Syntax trees as one line of text, with all grouping explicit. */
export function showExpr(e: Expr | DimExpr): string {
  switch (e.kind) {
    case "pack":
      return `..${e.name.text}`;
    case "number":
      return e.int ? `${e.value}` : `${e.value}f`;
    case "string":
      return JSON.stringify(e.value);
    case "bool":
      return `${e.value}!`;
    case "name":
      return e.text;
    case "list":
      return `[${e.items.map(showExpr).join(" ")}]`;
    case "tuple":
      return `(tuple ${e.items.map(showExpr).join(" ")})`;
    case "record":
      return `{${e.fields.map((f) => `${f.name.text}=${showExpr(f.value)}`).join(" ")}}`;
    case "unary":
      return `(${e.op} ${showExpr(e.value)})`;
    case "binary":
      return `(${e.op} ${showExpr(e.left)} ${showExpr(e.right)})`;
    case "call":
      return `(${["call", showExpr(e.callee), ...e.args.map(showArgument)].join(" ")})`;
    case "pipe":
      return `(|> ${showExpr(e.value)} ${showExpr(e.into)})`;
    case "member":
      return `(. ${showExpr(e.object)} ${e.name.text})`;
    case "index":
      return `(at ${showExpr(e.object)} ${e.items.map(showIndex).join(" ")})`;
    case "if":
      return `(if ${showExpr(e.condition)} ${showBlock(e.then)}${e.otherwise ? ` ${showBlock(e.otherwise)}` : ""})`;
    case "cond":
      return `(cond ${showExpr(e.condition)} ${showBlock(e.then)} ${showBlock(e.otherwise)})`;
    case "for":
      return `(for ${showPattern(e.pattern)} in ${showExpr(e.over)} ${showBlock(e.body)})`;
    case "checkpoint":
    case "eval":
      return `(${e.kind} ${showBlock(e.body)})`;
    case "function":
      return `(fn ${showParameters(e.params)} ${showBlock(e.body)})`;
    case "next":
      return `(next ${e.name.text})`;
    case "while":
      return `(while ${showCarries(e.carries)} until ${showExpr(e.until)} ${showBlock(e.body)})`;
    case "scan": {
      const over = e.counter
        ? [e.counter.text]
        : e.sequences.map(({ pattern, value }) => `${showPattern(pattern)} in ${showExpr(value)}`);
      return `(scan ${over.join(", ")}${e.along ? ` along ${showExpr(e.along)}` : ""}${e.reversed ? " reversed" : ""} ${showCarries(e.carries)} ${showBlock(e.body)})`;
    }
    case "repeat":
      return `(repeat ${e.pattern ? `${showPattern(e.pattern)} in ` : ""}${showExpr(e.over)} ${e.carries.length > 0 ? `${showCarries(e.carries)} ` : ""}${showBlock(e.body)})`;
  }
}

function showCarries(carries: readonly Carry[]): string {
  return `(${carries.map((c) => `${c.name.text} = ${showExpr(c.init)}`).join(", ")})`;
}

function showArgument({ name, value }: Argument): string {
  return `${name ? `${name.text}=` : ""}${showExpr(value)}`;
}

function showIndex(item: IndexItem): string {
  switch (item.kind) {
    case "at":
      return showExpr(item.value);
    case "range":
      return `${item.from ? showExpr(item.from) : ""}:${item.to ? showExpr(item.to) : ""}${item.step ? `:${showExpr(item.step)}` : ""}`;
    case "rest":
      return "..";
    case "new":
      return "_";
  }
}

function showType(type: TypeExpr): string {
  switch (type.kind) {
    case "tensor":
      return `${type.dtype.text}[${type.dims.map(showExpr).join(" ")}]`;
    case "static":
      return type.name.text;
    case "params":
      return `(params ${type.model.text})`;
    case "list":
      return `[${showType(type.of)}]`;
  }
}

function showResult(type: ResultType): string {
  if (type.kind !== "tuple" && type.kind !== "record") return showType(type);
  const items = type.items.map((i) => `${i.name ? `${i.name.text}: ` : ""}${showResult(i.type)}`).join(", ");
  return `(${type.kind} ${items})`;
}

function showPattern(pattern: Pattern): string {
  if (pattern.kind === "name") return pattern.name.text;
  const items = pattern.items.map(showPattern).join(" ");
  return pattern.kind === "list" ? `[${items}]` : `(${items})`;
}

export function showBlock(block: Block): string {
  return `<${block.statements.map(showStmt).join("; ")}>`;
}

function showStmt(s: Stmt): string {
  switch (s.kind) {
    case "let":
      return `let ${showPattern(s.pattern)} = ${showExpr(s.value)}`;
    case "param":
    case "state":
      return `${s.kind} ${s.name.text}: ${showType(s.type)}${s.init ? ` = ${showExpr(s.init)}` : ""}`;
    case "write":
      return `${showExpr(s.target)} <- ${showExpr(s.value)}`;
    case "minimize":
      return `minimize ${showExpr(s.loss)} over ${showStep(s, s.transforms)}`;
    case "update":
      return `update ${showStep(s, [s.gradients, ...s.transforms])}`;
    case "freeze":
      return `freeze ${showTargets(s.targets, s.only)}`;
    case "next":
      return `next ${s.name.text} = ${showExpr(s.value)}`;
    case "yield":
      return `yield ${showExpr(s.value)}`;
    case "assert":
      return `assert ${showExpr(s.condition)}${s.says ? `, ${showExpr(s.says)}` : ""}`;
    case "expression":
      return showExpr(s.value);
  }
}

const showTargets = (targets: readonly Expr[], only: Expr | null): string =>
  `${targets.map(showExpr).join(", ")}${only ? `, only=${showExpr(only)}` : ""}`;

const showStep = ({ over, only, every, when }: Step, chain: readonly Expr[]): string =>
  `${showTargets(over, only)}${every ? ` every ${showExpr(every)}` : ""}${when ? ` when ${showExpr(when)}` : ""} with ${chain.map(showExpr).join(", ")}`;

const showParameters = (params: readonly Parameter[]): string =>
  `(${params.map((p) => `${p.name.text}: ${showType(p.type)}${p.value ? ` = ${showExpr(p.value)}` : ""}`).join(", ")})`;

export function showItem(item: Item): string {
  const list = showParameters;
  switch (item.kind) {
    case "dim":
      return `dim ${item.dims.map(({ name, value }) => `${name.text}${value ? ` = ${showExpr(value)}` : ""}`).join(" ")}`;
    case "let":
      return showStmt(item);
    case "setting":
      return `setting ${item.name.text}: ${showType(item.type)} = ${showExpr(item.value)}${item.range ? ` in ${showExpr(item.range)}` : ""}`;
    case "chain":
      return `optimizer ${item.name.text} = ${item.steps.map(showExpr).join(" |> ")}`;
    case "copy":
      return `model ${item.name.text} = ${item.of.text}`;
    case "test":
      return `test ${JSON.stringify(item.title)} ${showBlock(item.body)}`;
    case "entry":
      return `${item.mode === "plain" ? "" : `${item.mode} `}entry ${item.name.text}${list(item.params)} ${showBlock(item.body)}`;
    default: {
      const where = item.where
        .map((w) => ` where ${showExpr(w.condition)}${w.says ? `, ${showExpr(w.says)}` : ""}`)
        .join("");
      const gradient = item.gradient
        ? ` with gradient (${item.gradient.params.map((n) => n.text).join(" ")}) ${showBlock(item.gradient.body)}`
        : "";
      const result = item.result ? ` -> ${showResult(item.result)}` : "";
      return `${item.kind} ${item.name.text}${list(item.statics)}${list(item.params)}${result}${where} ${showBlock(item.body)}${gradient}`;
    }
  }
}

export function showFile(file: File): string {
  const imports = file.imports.map(
    (i) =>
      `import ${i.names.map((n) => `${n.name.text}${n.alias ? ` as ${n.alias.text}` : ""}`).join(", ")} from ${i.from}`,
  );
  const exports = file.exports.map(({ names }) => `export ${names.map((name) => name.text).join(", ")}`);
  const head = file.version === null ? [] : [`dl ${file.version}`];
  return [...head, ...imports, ...exports, ...file.items.map(showItem)].join("\n");
}
