import { Command } from '@commander-js/extra-typings';
import { connectRegistry, LineageError, syncRegistry } from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { recordNames } from '../inputs.ts';
import { configOption, jsonOption } from '../options.ts';
import { syncText } from '../render/sync.ts';
import { settingsFor } from '../settings.ts';

export function syncCommand(context: CommandContext) {
  return new Command('sync')
    .option(
      '--full',
      'list all versions and ask for all runs again, since tags may have changed; look also at files and child runs where MLflow notes no model',
      false,
    )
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText('after', '\nExample, every ten minutes by cron:\n  asof sync\n')
    .action(async ({ full, json, config }) => {
      const { signal, now, isInteractive } = context;
      const settings = await settingsFor(context, config);
      const registry = await connectRegistry(settings, context);
      try {
        const { mirror } = registry;
        if (mirror === undefined) {
          const problem =
            'there is no MLflow server to follow; the ledger keeps the history of its own models as it is';
          throw new LineageError('OPTION_INVALID', { option: 'asof sync', problem });
        }
        let isProgressShown = false;
        const onLooked = (looked: number, of: number) => {
          if (!isInteractive) return;
          isProgressShown = true;
          context.err(`\r${looked} of ${of} new versions looked at`);
        };
        const result = await syncRegistry(
          { ...registry, mirror },
          { ...recordNames(settings), now, isFull: full, signal, onLooked },
        );
        if (isProgressShown) context.err('\n');
        context.out(json ? `${JSON.stringify(result)}\n` : syncText(result));
      } finally {
        registry.close();
      }
    });
}
