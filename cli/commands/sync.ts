import { Command } from '@commander-js/extra-typings';
import { connectRegistry, LineageError, syncRegistry } from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { configOption, jsonOption } from '../options.ts';
import { syncText } from '../render/sync.ts';
import { settingsFor } from '../settings.ts';

export function syncCommand(context: CommandContext) {
  return new Command('sync')
    .option(
      '--full',
      'list all versions and ask for all runs again: their tags may have changed',
      false,
    )
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText('after', '\nExample, every ten minutes by cron:\n  asof sync\n')
    .action(async ({ full, json, config }) => {
      const { signal, now } = context;
      const registry = await connectRegistry(await settingsFor(context, config), context);
      try {
        const { mirror } = registry;
        if (mirror === undefined) {
          const problem =
            'there is no MLflow server to follow; the ledger keeps the history of its own models as it is';
          throw new LineageError('OPTION_INVALID', { option: 'asof sync', problem });
        }
        const result = await syncRegistry({ ...registry, mirror }, { now, isFull: full, signal });
        context.out(json ? `${JSON.stringify(result)}\n` : syncText(result));
      } finally {
        registry.close();
      }
    });
}
