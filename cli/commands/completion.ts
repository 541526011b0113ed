import { Argument, Command } from '@commander-js/extra-typings';
import { completionScript, shells } from '../completion.ts';
import type { CommandContext } from '../context.ts';

export function completionCommand(context: CommandContext) {
  return new Command('completion')
    .addArgument(new Argument('<shell>').choices(shells))
    .addHelpText(
      'after',
      `
Examples:
  source <(asof completion bash)
  source <(asof completion zsh)
  asof completion fish > ~/.config/fish/completions/asof.fish
`,
    )
    .action(async (shell) => {
      context.out(completionScript(shell, await context.describeCommands()));
    });
}
