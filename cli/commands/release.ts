import { resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import {
  connectRegistry,
  findHold,
  holdLineOf,
  keptHolds,
  ownBytes,
  release,
} from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { historiesFor } from '../inputs.ts';
import { configOption, jsonOption } from '../options.ts';
import { releaseText } from '../render/hold.ts';
import { settingsFor } from '../settings.ts';

export function releaseCommand(context: CommandContext) {
  return new Command('release')
    .argument('<hold>', "its id, or the beginning of it, as 'asof holds' shows it, or its folder")
    .option('--yes', 'do it; otherwise the plan is printed', false)
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText('after', '\nExample:\n  asof release 3f2a --yes\n')
    .action(async (text, { yes, json, config }) => {
      const settings = await settingsFor(context, config);
      const { journal, close } = await connectRegistry(settings, context);
      try {
        const name = /[\\/]/.test(text) ? resolve(context.cwd, text) : text;
        const hold = findHold(name, await keptHolds(journal));
        const own = await ownBytes(hold);
        if (yes) await release(hold, journal, historiesFor(context, settings), context);
        const line = holdLineOf(hold, own, yes ? 'released' : 'planned');
        context.out(json ? `${JSON.stringify(line)}\n` : releaseText(line));
      } finally {
        close();
      }
    });
}
