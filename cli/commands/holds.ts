import { Command } from '@commander-js/extra-typings';
import {
  connectRegistry,
  type HoldLine,
  holdLineOf,
  keptHolds,
  ownBytes,
} from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { configOption, jsonOption } from '../options.ts';
import { holdsTable } from '../render/hold.ts';
import { settingsFor } from '../settings.ts';

export function holdsCommand(context: CommandContext) {
  return new Command('holds')
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText('after', '\nExample:\n  asof holds\n')
    .action(async ({ json, config }) => {
      const { journal, close } = await connectRegistry(await settingsFor(context, config), context);
      try {
        const lines: HoldLine[] = [];
        for (const hold of await keptHolds(journal)) {
          lines.push(holdLineOf(hold, await ownBytes(hold), 'held'));
        }
        if (json) for (const line of lines) context.out(`${JSON.stringify(line)}\n`);
        else if (lines.length > 0) context.out(holdsTable(lines, context.now()));
        else context.err('Nothing is held.\n');
      } finally {
        close();
      }
    });
}
