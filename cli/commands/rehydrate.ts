import { resolve } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import {
  asofVersion,
  connectRegistry,
  type DeltaTables,
  keptHolds,
  LineageError,
  type OutputFormat,
  outputFormats,
  type ReadSpec,
  rehydrate,
  type Settings,
} from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { copyInto } from '../copy-into.ts';
import { tablesFor } from '../inputs.ts';
import { byteSize, collect, columnList, configOption, jsonOption } from '../options.ts';
import { progressLine } from '../render/progress-line.ts';
import { rehydrateText } from '../render/rehydrate.ts';
import { warningLines } from '../render/text.ts';
import { settingsFor } from '../settings.ts';
import { type WantedChoice, wantedFor } from '../wanted.ts';

export function rehydrateCommand(context: CommandContext) {
  return new Command('rehydrate')
    .argument(
      '<what>',
      'a model or run as for trace (with models:/ or runs:/), or a table as TABLE@v47',
    )
    .option('--out <folder>', 'the folder to make')
    .option('--into <table>', 'the table to make instead, by the SQL warehouse that has its source')
    .addOption(
      new Option(
        '--clone <kind>',
        'with --into: clone the table instead of writing rows anew',
      ).choices(['deep', 'shallow'] as const),
    )
    .option('--dry-run', 'with --into: only say what would be done', false)
    .option('--table <alias>', 'of several tables only this one; again for more', collect)
    .option('--columns <names>', 'only these columns, instead of those stamped', columnList)
    .option(
      '--where <condition>',
      'only rows that meet this SQL condition, instead of the stamped one',
    )
    .addOption(
      new Option('--format <name>', 'of the files')
        .choices(outputFormats)
        .default('parquet' as const),
    )
    .option(
      '--accept-inferred',
      'also write versions that no record names and asof infers, as trace shows them',
      false,
    )
    .addOption(
      new Option(
        '--as <what>',
        'a Delta table of the whole version, by links or copies of its files',
      )
        .choices(['rows', 'delta'] as const)
        .default('rows' as const),
    )
    .option('--force', 'replace what asof wrote there before', false)
    .option('--memory-limit <size>', "default: a quarter of the machine's, 4GB at most", byteSize)
    .option('--temp-dir <folder>', 'where to spill what does not fit; default: beside the output')
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      '\nExamples:\n  asof rehydrate models:/churn_model/Production --out data/\n  asof rehydrate analytics.customer_features@v47 --out data/ --columns id,score --format csv\n  asof rehydrate models:/churn_model/Production --into analytics.training_copy --dry-run\n',
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
      checkTarget(options);
      const line = progressLine(context);
      const { wanted } = await wantedWithHolds(
        what,
        { only: options.table ?? [], read, acceptInferred: options.acceptInferred },
        settings,
        tables,
        context,
      );
      if (options.into !== undefined) {
        const { into, clone, dryRun, json } = options;
        await copyInto(wanted, { into, clone, dryRun, json: json === true }, context);
        return;
      }
      try {
        const result = await rehydrate(wanted, {
          out: resolve(cwd, options.out ?? ''),
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

/** @throws LineageError OPTION_INVALID */
function checkTarget({
  out,
  into,
  clone,
  dryRun,
  as,
  format,
  columns,
  where,
}: {
  readonly out?: string | undefined;
  readonly into?: string | undefined;
  readonly clone?: string | undefined;
  readonly dryRun: boolean;
  readonly as: 'rows' | 'delta';
  readonly format: OutputFormat;
  readonly columns?: readonly string[] | undefined;
  readonly where?: string | undefined;
}): void {
  const invalid = (option: string, problem: string) =>
    new LineageError('OPTION_INVALID', { option, problem });
  if (out === undefined && into === undefined) {
    throw invalid('--out', 'give a folder to make, or a table with --into');
  }
  if (out !== undefined && into !== undefined) {
    throw invalid('--into', 'it stands instead of --out, not beside it');
  }
  if (into === undefined && clone !== undefined) throw invalid('--clone', 'it goes with --into');
  if (into === undefined && dryRun) throw invalid('--dry-run', 'it goes with --into');
  if (as === 'delta' && (columns !== undefined || where !== undefined || format !== 'parquet')) {
    const others = 'no --columns, --where or --format beside it';
    throw invalid('--as', `delta is the whole version in its own files: ${others}`);
  }
}

/** A hold stands in for what is lost. */
async function wantedWithHolds(
  what: string,
  choice: WantedChoice,
  settings: Settings,
  tables: DeltaTables,
  context: CommandContext,
) {
  const registry = await connectRegistry(settings, context);
  try {
    const holds = await keptHolds(registry.journal);
    return await wantedFor(what, { ...registry, tables, holds }, settings, context, choice);
  } finally {
    registry.close();
  }
}
