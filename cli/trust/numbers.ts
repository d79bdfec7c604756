/** 9 significant digits, which identify every f32. */
export const number = (x: number): string => String(Number(x.toPrecision(9)));

/** Two digits: `2.1e-9` */
export const rough = (x: number): string =>
  x === 0 || !Number.isFinite(x) ? String(x) : Number(x.toPrecision(2)).toString();

/** `12 %`, `0.0031 %` */
export const shareText = (share: number): string =>
  Number.isFinite(share) ? `${rough(100 * share)} %` : "more than 100 %";
