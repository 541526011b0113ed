import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import {
  asofVersion,
  connectRegistry,
  gitVersion,
  LineageError,
  type Pin,
  pinsOf,
  pinTables,
  resultSchemas,
  type StampResult,
  stampedRunOf,
  stampOf,
  stampRun,
} from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { pinRequests, readSpecs, settingsFor, tablesFor } from '../inputs.ts';
import { collect, columnList, configOption, integer, jsonOption } from '../options.ts';
import { stampText } from '../render/stamp.ts';

export function stampCommand(context: CommandContext) {
  return new Command('stamp')
    .requiredOption('--run <id>', 'the run to stamp')
    .option('--table <ref>', 'a table it trains on, as REF or alias=REF; again for more', collect)
    .option('--pins <file>', "tables pinned earlier, by 'asof pin --output'")
    .option('--columns <names>', 'columns that the training reads, with commas between', collect)
    .option('--where <condition>', 'SQL condition on the rows that it reads', collect)
    .option('--split <text>', 'how it divides the rows, in your words', collect)
    .option('--seed <number>', 'the seed of that', collect)
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      '\nWith several tables, --columns, --where, --split and --seed begin with alias=.\n\nExample:\n  asof stamp --run 828a… --table features=analytics.customer_features@v47 --where "region = \'EU\'"\n',
    )
    .action(async ({ run, table = [], pins: file, json, config, ...read }) => {
      const settings = await settingsFor(context, config);
      const { signal, now, cwd } = context;
      if ((table.length === 0) === (file === undefined)) {
        const problem = 'give the tables either with --table or with --pins';
        throw new LineageError('OPTION_INVALID', { option: '--table', problem });
      }
      const pins =
        file === undefined
          ? await pinTables(pinRequests(table, tablesFor(context, settings)), { signal })
          : await readPins(resolve(cwd, file));
      const reads = readSpecs(
        pins.map(({ alias }) => alias),
        read,
        { columns: columnList, seed: integer },
      );
      const code = await gitVersion(cwd);
      const stamp = stampOf(pins, { at: now(), asof: asofVersion, reads, code });
      const registry = await connectRegistry(settings, context);
      try {
        const stamped = await stampRun(registry, run, stamp, { signal });
        const page = registry.runs.page(await registry.runs.get(run, { signal }));
        const result: StampResult = { schemaVersion: 1, ...stampedRunOf(stamped, page) };
        context.out(json ? `${JSON.stringify(result)}\n` : stampText(result));
      } finally {
        registry.close();
      }
    });
}

async function readPins(path: string): Promise<readonly Pin[]> {
  const unreadable = (problem: string, cause: unknown) =>
    new LineageError('FILE_UNREADABLE', { path, problem }, { cause });
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw unreadable('it is not JSON', error);
    throw unreadable(`the system says ${(error as NodeJS.ErrnoException).code}`, error);
  }
  const result = resultSchemas.pin.safeParse(json);
  if (result.success) return pinsOf(result.data);
  throw unreadable("it is not what 'asof pin --output' writes", result.error);
}
