import { Command } from '@commander-js/extra-typings';
import { connectRegistry, journalLineOf } from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { configOption, jsonOption } from '../options.ts';
import { settingsFor } from '../settings.ts';

export function ledgerExportCommand(context: CommandContext) {
  return new Command('export')
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      '\nIt prints the journal as JSON, an entry a line. A backup of the whole ledger is a copy of its file.\n\nExample:\n  asof ledger export > journal.ndjson\n',
    )
    .action(async ({ config }) => {
      const { journal, close } = await connectRegistry(await settingsFor(context, config), context);
      try {
        for (const entry of await journal.entries()) {
          context.out(`${JSON.stringify(journalLineOf(entry))}\n`);
        }
      } finally {
        close();
      }
    });
}
