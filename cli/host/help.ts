import { Help, type Option } from "commander";

/** An option that repeats begins empty, which is no default worth a word. */
export const helpStyle = {
  optionDescription: (option: Option): string => new Help().optionDescription(option).replace(/ \(default: (?:\{\}|\[\])\)$/, ""),
} as const;

/** What stands below the list of commands. */
export const afterHelp = `
Examples:
  dlc check model.dl                                all mistakes, with their places; needs no sizes
  dlc summary model.dl                              layers, shapes, params
  dlc train model.dl --data mnist --epochs 10       trains, and saves after every epoch
  dlc run model.dl --entry predict --input x=x.npy  one call
  dlc check model.dl --dim N=2 --verify             compiled code against the reference, value by value
  dlc build model.dl --variant N=1 -o out           what a page needs to run and train the model
  dlc explain E0301                                 what a diagnostic means, and how to mend it

Exit status: 0, 1 with diagnostics, 2 for a wrong command line, 70 for a mistake of the compiler, 130 after Ctrl-C.`;
