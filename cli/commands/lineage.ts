import { resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { streamOffsets, tableUpstream } from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { tableRef, tablesFor } from '../inputs.ts';
import { configOption, jsonOption } from '../options.ts';
import { lineageText } from '../render/lineage.ts';
import { warningLines } from '../render/text.ts';
import { settingsFor } from '../settings.ts';

export function lineageCommand(context: CommandContext) {
  return new Command('lineage')
    .argument('<table>', 'TABLE, TABLE@v47 or TABLE@2026-01-31')
    .option(
      '--checkpoint <folder>',
      'of the streaming query that writes the table: it has the versions of its sources',
    )
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText('after', '\nExample:\n  asof lineage analytics.customer_features@v47\n')
    .action(async (text, { checkpoint, json, config }) => {
      const { signal, cwd } = context;
      const settings = await settingsFor(context, config);
      const tables = tablesFor(context, settings);
      const { table, moment } = tableRef(text, tables);
      const result = await tableUpstream(table, moment, tables, {
        signal,
        ...(checkpoint !== undefined && {
          offsetsOf: await streamOffsets(resolve(cwd, checkpoint)),
        }),
      });
      context.out(json ? `${JSON.stringify(result)}\n` : lineageText(result, context));
      if (!json) context.err(warningLines(result.warnings));
    });
}
