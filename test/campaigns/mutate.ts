/**
 * A generator of random numbers in [0, 1): mulberry32, by T. Ettinger. Each source of a campaign has a separate one, so
 * that it can be reproduced alone.
 */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const token = /\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|[A-Za-z_]\w*|\d[\w.]*|\|>|<-|->|\.\.|[<>=!]=|\s+|./gs;

/** Pieces that occur in wrong programs more often than random letters do. */
const strays = [
  ..."()[]{}=:,.-+*/%^@<>|&!\"'\\;#_\n",
  ...[
    "..",
    "|>",
    "->",
    "<-",
    "==",
    "//",
    "1e",
    "0",
    "-1",
    "1e9",
    "99999999",
    "0.5",
    "1e308",
    '""',
    "true",
    "inf",
    "x",
    "N",
    "f32",
    "i32[N]",
    "漢",
    "\ud83d",
  ],
  ...[
    "let",
    "param",
    "state",
    "minimize",
    "over",
    "with",
    "if",
    "else",
    "repeat",
    "scan",
    "while",
    "cond",
    "for",
    "checkpoint",
    "eval",
    "update",
    "only",
    "every",
    "when",
    "next",
    "yield",
    "carry",
    "until",
  ],
  ...[
    "model",
    "layer",
    "fn",
    "optimizer",
    "entry",
    "train",
    "dim",
    "setting",
    "test",
    "where",
    "import",
    "freeze",
    "assert",
    "gradient",
  ],
  ...[
    "grad(",
    "sum(",
    "dense(3)",
    "relu",
    "zeros([N])",
    "reshape(x, [",
    "x[0",
    "x[:, _]",
    "stop_gradient",
    "op.add(",
    "range(1000000)",
  ],
];

const numbers = [
  "0",
  "-1",
  "1",
  "2",
  "3",
  "7",
  "64",
  "1000",
  "100000",
  "1e9",
  "99999999",
  "0.5",
  "1e308",
  "1e-30",
  "N",
  "[2, 3]",
  "[]",
  "true",
  '"same"',
  "x",
];

/**
 * A mutated program. Half of the time, runs of its tokens are deleted, duplicated, moved, replaced, or inserted from
 * another program; half of the time, identifiers are replaced by identifiers and numbers by numbers, which mostly keeps
 * the syntax valid. Rarely, a random sequence of tokens.
 */
export function mutated(texts: readonly string[], random: () => number): string {
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
  if (random() < 0.05)
    return Array.from({ length: Math.floor(random() * 200) }, () => pick(strays) ?? "").join(random() < 0.5 ? " " : "");
  const program: string[] = pick(texts)?.match(token) ?? [];
  const other: string[] = pick(texts)?.match(token) ?? [];
  const change = random() < 0.5 ? cut : exchange;
  for (let changes = 1 + Math.floor(random() * 4); changes > 0; changes--) change(program, other, random);
  return program.join("");
}

type Change = (program: string[], other: readonly string[], random: () => number) => void;

const cut: Change = (program, other, random) => {
  const position = (): number => Math.floor(random() * program.length);
  const length = (): number => (random() < 0.7 ? 1 : Math.floor(random() * 12));
  const at = position();
  const piece = program.slice(at, at + length());
  const from = Math.floor(random() * other.length);
  switch (Math.floor(random() * 5)) {
    case 0:
      program.splice(at, piece.length);
      break;
    case 1:
      program.splice(at, 0, ...piece);
      break;
    case 2:
      program.splice(at, piece.length);
      program.splice(position(), 0, ...piece);
      break;
    case 3:
      program.splice(at, piece.length, strays[Math.floor(random() * strays.length)] ?? "");
      break;
    default:
      program.splice(at, piece.length, ...other.slice(from, from + length()));
  }
};

const exchange: Change = (program, other, random) => {
  const positions = (tokens: readonly string[], kind: RegExp): readonly number[] =>
    tokens.flatMap((word, i) => (kind.test(word) ? [i] : []));
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
  const kind = random() < 0.4 ? /^\d/ : /^[A-Za-z_]/;
  const at = pick(positions(program, kind));
  if (at === undefined) return;
  const source = random() < 0.7 ? program : other;
  const word = kind.source === "^\\d" || random() < 0.1 ? pick(numbers) : source[pick(positions(source, kind)) ?? -1];
  program[at] = word ?? "";
};
