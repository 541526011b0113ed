import { resolve } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import {
  asofVersion,
  connectRegistry,
  type DeltaTables,
  holdsIn,
  outputFormats,
  type ReadSpec,
  rehydrate,
  type Settings,
} from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { settingsFor, tablesFor } from '../inputs.ts';
import { byteSize, collect, columnList, configOption, jsonOption } from '../options.ts';
import { progressLine } from '../render/progress-line.ts';
import { rehydrateText } from '../render/rehydrate.ts';
import { warningLines } from '../render/text.ts';
import { wantedFor } from '../wanted.ts';

export function rehydrateCommand(context: CommandContext) {
  return new Command('rehydrate')
    .argument(
      '<what>',
      'a model or run as for trace (with models:/ or runs:/), or a table as TABLE@v47',
    )
    .requiredOption('--out <folder>', 'the folder to make')
    .option('--table <alias>', 'of several tables only this one; again for more', collect)
    .option('--columns <names>', 'only these columns, instead of those stamped', columnList)
    .option(
      '--where <condition>',
      'only rows that meet this SQL condition, instead of the stamped one',
    )
    .addOption(new Option('--format <name>').choices(outputFormats).default('parquet' as const))
    .addOption(
      new Option(
        '--as <what>',
        'a Delta table of the whole version, by links or copies of its files',
      )
        .choices(['rows', 'delta'] as const)
        .default('rows' as const)
        .conflicts(['columns', 'where']),
    )
    .option('--force', 'replace what asof wrote there before', false)
    .option('--memory-limit <size>', "default: a quarter of the machine's, 4GB at most", byteSize)
    .option('--temp-dir <folder>', 'where to spill what does not fit; default: beside the output')
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      '\nExamples:\n  asof rehydrate models:/churn_model/Production --out data/\n  asof rehydrate analytics.customer_features@v47 --out data/ --columns id,score --format csv\n',
    )
    .action(async (what, options) => {
      const { signal, now, cwd } = context;
      const settings = await settingsFor(context, options.config);
      const tables = tablesFor(context, settings);
      const { columns, where } = options;
      const read: ReadSpec | undefined =
        columns === undefined && where === undefined
          ? undefined
          : { ...(columns && { columns }), ...(where !== undefined && { where }) };
      const line = progressLine(context);
      const { wanted } = await wantedWithHolds(
        what,
        options.table ?? [],
        read,
        settings,
        tables,
        context,
      );
      try {
        const result = await rehydrate(wanted, {
          out: resolve(cwd, options.out),
          format: options.as === 'delta' ? 'delta' : options.format,
          isForced: options.force,
          memoryLimit: options.memoryLimit,
          tempDirectory: options.tempDir && resolve(cwd, options.tempDir),
          asof: asofVersion,
          now,
          signal,
          onProgress: line.update,
        });
        line.clear();
        context.out(options.json ? `${JSON.stringify(result)}\n` : rehydrateText(result));
        if (!options.json) context.err(warningLines(result.warnings));
      } catch (error) {
        line.clear();
        throw error;
      }
    });
}

/** A hold stands in for what is lost. */
async function wantedWithHolds(
  what: string,
  only: readonly string[],
  read: ReadSpec | undefined,
  settings: Settings,
  tables: DeltaTables,
  context: CommandContext,
) {
  const registry = await connectRegistry(settings, context);
  try {
    const holds = holdsIn(await registry.journal.entries());
    return await wantedFor(what, only, { ...registry, tables, holds }, settings, context, read);
  } finally {
    registry.close();
  }
}
