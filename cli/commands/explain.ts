import { Command } from "commander";

export function explain(): Command {
  return new Command("explain")
    .description("says what a diagnostic code stands for")
    .argument("<code>", "such as E0106")
    .action(async (code: string) => {
      const { explainCode } = await import("../host/codes.ts");
      console.log(explainCode(code));
    });
}
