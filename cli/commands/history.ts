import { Command } from '@commander-js/extra-typings';
import { type HistoryLine, historyLineOf, LineageError } from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { historiesFor, tableRef } from '../inputs.ts';
import { configOption, jsonOption, positiveInteger } from '../options.ts';
import { historyTable } from '../render/history.ts';
import { settingsFor } from '../settings.ts';

export function historyCommand(context: CommandContext) {
  return new Command('history')
    .argument('<table>', 'name or location of the table')
    .option('-n, --limit <count>', 'stop after this many versions', positiveInteger)
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText('after', '\nExample:\n  asof history analytics.customer_features --limit 10\n')
    .action(async (text, { limit, json, config }) => {
      const { table, moment } = tableRef(
        text,
        historiesFor(context, await settingsFor(context, config)),
      );
      if (moment.kind !== 'latest') {
        const problem = "the history is that of the whole table; leave the '@' away";
        throw new LineageError('REF_INVALID', { text, problem });
      }
      const { signal } = context;
      const lines: HistoryLine[] = [];
      for await (const commit of table.history.commits({ signal, ...(limit && { limit }) })) {
        const line = historyLineOf(commit);
        if (json) context.out(`${JSON.stringify(line)}\n`);
        else lines.push(line);
      }
      if (!json) context.out(historyTable(lines, context.now()));
    });
}
