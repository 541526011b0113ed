import { Command } from '@commander-js/extra-typings';
import { digestTable } from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { tableRef, tablesFor } from '../inputs.ts';
import { byteSize, columnList, configOption, jsonOption } from '../options.ts';
import { digestText } from '../render/digest.ts';
import { progressLine } from '../render/progress-line.ts';
import { settingsFor } from '../settings.ts';

export function digestCommand(context: CommandContext) {
  return new Command('digest')
    .argument('<table>', "name or location, with '@v47' or '@2026-01-31T00:00:00Z' or without")
    .option('--columns <names>', 'of these columns only', columnList)
    .option('--where <condition>', 'of rows that meet this SQL condition only')
    .option('--memory-limit <size>', "default: a quarter of the machine's, 4GB at most", byteSize)
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText('after', '\nExample:\n  asof digest analytics.customer_features@v47\n')
    .action(async (text, { columns, where, memoryLimit, json, config }) => {
      const settings = await settingsFor(context, config);
      const { table, moment } = tableRef(text, tablesFor(context, settings));
      const line = progressLine(context);
      try {
        const result = await digestTable(table, moment, {
          selection: { ...(columns && { columns }), ...(where !== undefined && { where }) },
          ...(memoryLimit !== undefined && { memoryLimit }),
          signal: context.signal,
          onProgress: (progress) => line.update(table.name, progress),
        });
        line.clear();
        context.out(json ? `${JSON.stringify(result)}\n` : digestText(result));
      } catch (error) {
        line.clear();
        throw error;
      }
    });
}
