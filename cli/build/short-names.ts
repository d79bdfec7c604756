import { invariant } from "../../compiler/support/invariant.ts";

export interface Token {
  readonly kind: "name" | "sign" | "text";
  readonly text: string;
}

const keywords = new Set("await catch const else for function if in let new of return try typeof while".split(" "));

/**
 * Gives functions and variables short names, a twelfth of the compressed size. No scopes are needed: a name is replaced
 * everywhere, and only if it is declared here and is nowhere a property.
 */
export function withShortNames(script: string, kept: ReadonlySet<string>): string {
  const tokens = tokensOf(script);
  invariant(tokens.map(({ text }) => text).join("") === script, "the tokens of a script are its text");
  const { declared, properties, counts } = namesIn(tokens.filter(({ text }) => text.trim() !== ""));
  const replaced = [...declared]
    .filter((name) => name.length > 2 && !properties.has(name) && !kept.has(name))
    .toSorted((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0));
  const short = shortNames(counts);
  const names = new Map(replaced.map((name) => [name, short()]));
  return tokens.map(({ kind, text }) => (kind === "name" ? (names.get(text) ?? text) : text)).join("");
}

/** `a`, `b`, ... `aa`, without those in use. */
function shortNames(used: ReadonlyMap<string, number>): () => string {
  let next = 0;
  return () => {
    for (;;) {
      const number = next++;
      const name = `${number < 26 ? "" : letter(Math.floor(number / 26) - 1)}${letter(number % 26)}`;
      if (!used.has(name) && !keywords.has(name) && !["as", "do", "is"].includes(name)) return name;
    }
  };
}

const letter = (index: number): string => String.fromCharCode(97 + index);

interface Names {
  readonly declared: ReadonlySet<string>;
  /** Names that are properties somewhere: after a dot, keys, and short forms such as `{ shape }`. */
  readonly properties: ReadonlySet<string>;
  readonly counts: ReadonlyMap<string, number>;
}

function namesIn(tokens: readonly Token[]): Names {
  const declared = new Set<string>();
  const properties = new Set<string>();
  const counts = new Map<string, number>();
  /** The open brackets; those of a pattern contain what it declares, directly or in patterns of lists. */
  const open: { readonly sign: string; readonly pattern: boolean }[] = [];
  const textAt = (i: number): string => tokens[i]?.text ?? "";
  const closing = closingBrackets(tokens);
  const declares = (i: number): boolean => {
    const before = textAt(i - 1);
    const { sign = "", pattern = false } = open.at(-1) ?? {};
    if (before === "const" || before === "let" || before === "function") return true;
    if (textAt(i) === "(") return textAt(i - 2) === "function" || arrowAt((closing.get(i) ?? i) + 1);
    return arrowAt(i + 1) || (pattern && sign !== "{" && (before === sign || before === "," || before === "."));
  };
  const arrowAt = (i: number): boolean => textAt(i) === "=" && textAt(i + 1) === ">";
  tokens.forEach(({ kind, text }, i) => {
    if (kind === "sign" && "([{".includes(text)) open.push({ sign: text, pattern: declares(i) });
    if (kind === "sign" && ")]}".includes(text)) open.pop();
    if (kind !== "name") return;
    counts.set(text, (counts.get(text) ?? 0) + 1);
    const [before, after] = [textAt(i - 1), textAt(i + 1)];
    const first = before === "{" || before === ",";
    const spread = textAt(i - 2) === "." && textAt(i - 3) === ".";
    if (before === "." && !spread) properties.add(text);
    if (before === "get" || (first && after === ":")) properties.add(text);
    if (open.at(-1)?.sign === "{" && first && [",", "}", "=", "("].includes(after)) properties.add(text);
    if (declares(i) && /^[a-z]/.test(text)) declared.add(text);
  });
  return { declared, properties, counts };
}

function closingBrackets(tokens: readonly Token[]): ReadonlyMap<number, number> {
  const open: number[] = [];
  const closing = new Map<number, number>();
  tokens.forEach(({ kind, text }, i) => {
    if (kind !== "sign") return;
    if ("([{".includes(text)) open.push(i);
    if (")]}".includes(text)) closing.set(open.pop() ?? i, i);
  });
  return closing;
}

const word = /[\w$#]+/y;
const space = /\s+/y;
const quoted = /(["'])(?:(?!\1)[^\\]|\\.)*\1/y;
const regExp = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\]|\\.)*\])+\/[a-z]*/y;

/** Without comments, which a script has none of. */
export function tokensOf(script: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp, kind: Token["kind"]): boolean => {
    pattern.lastIndex = at;
    const text = pattern.exec(script)?.[0];
    if (text === undefined) return false;
    tokens.push({ kind, text });
    at += text.length;
    return true;
  };
  /** The parts of a template are text; its expressions are tokens. */
  const template = (): void => {
    let start = at++;
    const part = (end: number): void => {
      tokens.push({ kind: "text", text: script.slice(start, end) });
      at = end;
    };
    for (;;) {
      if (script[at] === "\\") at += 2;
      else if (script[at] === "`") return part(at + 1);
      else if (script.startsWith("${", at)) {
        part(at + 2);
        until("}");
        start = at;
      } else at++;
    }
  };
  const until = (end: string | undefined): void => {
    let depth = 0;
    while (at < script.length && !(script[at] === end && depth === 0)) {
      const last = tokens.findLast(({ text }) => text.trim() !== "")?.text ?? "";
      if (take(space, "text") || take(quoted, "text") || take(word, "name")) continue;
      if (script[at] === "`") template();
      else if (!(/[(,=>:&|!?{};]$|^return$/.test(last) && take(regExp, "text"))) {
        const sign = script.charAt(at++);
        if (sign === "{") depth++;
        if (sign === "}") depth--;
        tokens.push({ kind: "sign", text: sign });
      }
    }
  };
  until(undefined);
  return tokens;
}
