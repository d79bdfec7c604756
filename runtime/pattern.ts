/**
 * What the stars of a pattern stand for in a name, from left to right, each as long as possible; null if the pattern
 * does not match. In a time that is linear in both, which a regular expression with many stars does not guarantee.
 */
export function starsOf(pattern: string, name: string): readonly string[] | null {
  const parts = pattern.split("*");
  const stars: string[] = [];
  let rest = name;
  for (let i = parts.length - 1; i >= 0; i--) {
    const part = parts[i] as string;
    const last = i === parts.length - 1;
    const at = last ? rest.length - part.length : i === 0 ? 0 : rest.lastIndexOf(part);
    if (at < 0 || !rest.startsWith(part, at)) return null;
    if (!last) stars.unshift(rest.slice(at + part.length));
    rest = rest.slice(0, at);
  }
  return rest === "" ? stars : null;
}
