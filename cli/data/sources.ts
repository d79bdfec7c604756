/** The forms of `--data`, for help and messages; `open.ts` opens them. */
export const dataSources = {
  mnist: "10,000 embedded digits",
  "mnist:FOLDER": "IDX files",
} as const satisfies Readonly<Record<string, string>>;

/** `mnist (10,000 embedded digits) or mnist:FOLDER (IDX files)` */
export const dataHelp: string = Object.entries(dataSources)
  .map(([form, contents]) => `${form} (${contents})`)
  .join(" or ");
