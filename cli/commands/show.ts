import { Command } from '@commander-js/extra-typings';
import { describeTable } from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { tableRef, tablesFor } from '../inputs.ts';
import { configOption, jsonOption } from '../options.ts';
import { showText } from '../render/show.ts';
import { settingsFor } from '../settings.ts';

export function showCommand(context: CommandContext) {
  return new Command('show')
    .argument('<table>', "name or location, with '@v47' or '@2026-01-31T00:00:00Z' or without")
    .option('--files', 'list the data files too', false)
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText('after', '\nExample:\n  asof show analytics.customer_features@v47\n')
    .action(async (text, { files, json, config }) => {
      const { table, moment } = tableRef(
        text,
        tablesFor(context, await settingsFor(context, config)),
      );
      const { signal } = context;
      const result = await describeTable(table, moment, { withFiles: files, signal });
      context.out(json ? `${JSON.stringify(result)}\n` : showText(result, context));
    });
}
