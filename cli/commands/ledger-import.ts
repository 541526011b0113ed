import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import {
  connectRegistry,
  journalEntriesIn,
  type LedgerResult,
  LineageError,
} from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { configOption, jsonOption } from '../options.ts';
import { ledgerText } from '../render/ledger.ts';
import { settingsFor } from '../settings.ts';

export function ledgerImportCommand(context: CommandContext) {
  return new Command('import')
    .argument('<file>', "what 'asof ledger export' printed")
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      '\nIt takes what goes on where the journal here ends: stamps and transitions, not runs and models.\n\nExample:\n  asof ledger import journal.ndjson\n',
    )
    .action(async (file, { json, config }) => {
      const path = resolve(context.cwd, file);
      const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
        const problem =
          cause.code === 'ENOENT' ? 'there is no such file' : `the system says ${cause.code}`;
        throw new LineageError('FILE_UNREADABLE', { path, problem }, { cause });
      });
      const entries = journalEntriesIn(text, path);
      const settings = await settingsFor(context, config);
      const { journal, close } = await connectRegistry(settings, context);
      try {
        const imported = await journal.take(path, entries);
        const result: LedgerResult = {
          schemaVersion: 1,
          path: settings.ledger.value,
          ...(await journal.check()),
          imported,
        };
        context.out(json ? `${JSON.stringify(result)}\n` : ledgerText(result));
      } finally {
        close();
      }
    });
}
