import { Command } from '@commander-js/extra-typings';
import { connectRegistry, type LedgerResult, LineageError } from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { configOption, jsonOption } from '../options.ts';
import { ledgerText } from '../render/ledger.ts';
import { settingsFor } from '../settings.ts';

export function ledgerVerifyCommand(context: CommandContext) {
  return new Command('verify')
    .option('--contains <hash>', 'also that this hash, noted earlier, is still in the journal')
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      '\nIt exits with 5 when the journal is not as it was written.\n\nExample:\n  asof ledger verify\n',
    )
    .action(async ({ contains, json, config }) => {
      if (contains !== undefined && !/^[0-9a-f]{64}$/.test(contains)) {
        const problem = 'a hash is 64 digits 0-9 and a-f';
        throw new LineageError('OPTION_INVALID', { option: '--contains', problem });
      }
      const settings = await settingsFor(context, config);
      const { journal, close } = await connectRegistry(settings, context);
      try {
        const check = await journal.check();
        const isThere =
          contains === undefined || (await journal.entries()).some(({ hash }) => hash === contains);
        const problems = [
          ...check.problems,
          ...(isThere
            ? []
            : [`no entry has the hash ${contains}: what came before it was rewritten`]),
        ];
        const result: LedgerResult = {
          schemaVersion: 1,
          path: settings.ledger.value,
          ...check,
          problems,
          imported: null,
        };
        context.out(json ? `${JSON.stringify(result)}\n` : ledgerText(result));
        if (problems.length > 0) context.end(5);
      } finally {
        close();
      }
    });
}
