import { dirname, join, resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import {
  asofVersion,
  connectRegistry,
  type HoldLine,
  hold,
  holdLineOf,
  ownBytes,
  type Wanted,
} from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { tablesFor } from '../inputs.ts';
import { collect, configOption, jsonOption } from '../options.ts';
import { holdText } from '../render/hold.ts';
import { settingsFor } from '../settings.ts';
import { wantedFor } from '../wanted.ts';

export function holdCommand(context: CommandContext) {
  return new Command('hold')
    .argument(
      '<what>',
      'a model or run as for trace (with models:/ or runs:/), or a table as TABLE@v47',
    )
    .option('--to <folder>', 'where holds lie; default: asof-holds beside the ledger')
    .option(
      '--into <schema>',
      'where a hold is made by a SQL warehouse, as catalog.schema: of tables whose files only that reaches',
    )
    .option('--table <alias>', 'of several tables only this one; again for more', collect)
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      "\nA hold is a Delta table of its own: links to the files where the file system allows, else copies;\nor a clone on the warehouse. The rows of a clone are compared with the original's.\n\nExample:\n  asof hold models:/churn_model/Production\n",
    )
    .action(async (what, { to, into, table: only, json, config }) => {
      const { signal, now, cwd } = context;
      const settings = await settingsFor(context, config);
      const tables = tablesFor(context, settings);
      const registry = await connectRegistry(settings, context);
      const folder = to ? resolve(cwd, to) : join(dirname(settings.ledger.value), 'asof-holds');
      try {
        const sources = { ...registry, tables };
        const { wanted, runId } = await wantedFor(what, sources, settings, context, {
          only: only ?? [],
        });
        const lines: HoldLine[] = [];
        for (const one of wanted) {
          const { read: _, ...whole }: Wanted = one;
          const made = await hold(whole, registry.journal, {
            folder,
            schema: into,
            tables,
            asof: asofVersion,
            now,
            signal,
          });
          const tag = `asof.hold.${one.alias}`;
          if (runId !== undefined) {
            await registry.runs.record(runId, { tags: { [tag]: made.hold.path } }, { signal });
          }
          const own = await ownBytes(made.hold);
          lines.push(holdLineOf(made.hold, own, made.wasHeld ? 'was-held' : 'held'));
        }
        for (const line of lines) {
          context.out(json ? `${JSON.stringify(line)}\n` : holdText(line));
        }
      } finally {
        registry.close();
      }
    });
}
