import { Command } from '@commander-js/extra-typings';
import { configResultOf } from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { configOption, jsonOption } from '../options.ts';
import { table } from '../render/text.ts';
import { settingsFor } from '../settings.ts';

export function configCommand(context: CommandContext) {
  return new Command('config')
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText('after', '\nExample:\n  asof config\n')
    .action(async ({ json, config }) => {
      const result = configResultOf(await settingsFor(context, config));
      const rows = result.settings.map(({ name, value, from }) => [
        name,
        value ?? '(not set)',
        from,
      ]);
      context.out(json ? `${JSON.stringify(result)}\n` : table(['SETTING', 'VALUE', 'FROM'], rows));
    });
}
