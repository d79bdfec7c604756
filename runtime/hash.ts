/** FNV-1a, 32 bits: finds accidents, not attacks. */
export function hashOf(codes: ArrayLike<number>): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < codes.length; i++) hash = Math.imul(hash ^ (codes[i] as number), 0x01000193);
  return hash >>> 0;
}
