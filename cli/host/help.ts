import { Help, type Option } from "commander";

/** Hides the empty default of repeatable options. */
export const helpStyle = {
  optionDescription: (option: Option): string =>
    new Help().optionDescription(option).replace(/ \(default: (?:\{\}|\[\])\)$/, ""),
} as const;

/** The text below the list of commands. */
export const afterHelp = `
Examples:
  dlc check model.dl                                reports all errors; works without sizes
  dlc summary model.dl                              prints layers, shapes and params
  dlc train model.dl --data mnist --epochs 10       trains, and saves weights after every epoch
  dlc run model.dl --entry predict --input x=x.npy  runs one call
  dlc check model.dl --dim N=2 --verify             compares compiled code with the reference
  dlc build model.dl --variant N=1 -o out           writes the files that a page needs to run or train the model
  dlc explain E0301                                 explains a diagnostic and how to fix it

Exit status: 0, 1 with diagnostics, 2 for a wrong command line, 70 for a bug in dlc, 130 after Ctrl-C.`;
