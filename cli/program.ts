import { Command, CommanderError } from "commander";
import { bench } from "./commands/bench.ts";
import { bisect } from "./commands/bisect.ts";
import { build } from "./commands/build.ts";
import { check } from "./commands/check.ts";
import { dump } from "./commands/dump.ts";
import { evaluateCommand } from "./commands/eval.ts";
import { explain } from "./commands/explain.ts";
import { fmt } from "./commands/fmt.ts";
import { run } from "./commands/run.ts";
import { summary } from "./commands/summary.ts";
import { trainCommand } from "./commands/train.ts";
import { checkFlags } from "./host/flags.ts";
import { afterHelp, helpStyle } from "./host/help.ts";
import { version } from "./host/version.ts";
import { exitCodes, reportError } from "./host/errors.ts";

// `dlc dump ... | head` closes the pipe early; that is not a failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? exitCodes.ok : exitCodes.internal),
);

const program = new Command("dlc")
  .description("Compiles deep-learning models (.dl) to WebAssembly that runs and trains them.")
  .version(version())
  .exitOverride()
  .showHelpAfterError("(--help lists the options)")
  .configureHelp(helpStyle)
  .addHelpText("after", afterHelp);

for (const command of [
  check(),
  summary(),
  fmt(),
  dump(),
  build(),
  run(),
  trainCommand(),
  evaluateCommand(),
  bench(),
  bisect(),
  explain(),
]) {
  program.addCommand(command.exitOverride().showHelpAfterError("(--help lists the options)").configureHelp(helpStyle));
}

try {
  const [name, ...args] = process.argv.slice(2);
  const asked = program.commands.find((command) => command.name() === name);
  if (asked !== undefined) checkFlags(asked, args);
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  else process.exitCode = reportError(error, process.argv.includes("--json"));
}
