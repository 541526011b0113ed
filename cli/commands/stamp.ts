import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import {
  asofVersion,
  connectRegistry,
  gitVersion,
  LineageError,
  type Pin,
  parseValidationFile,
  pinsOf,
  type Registry,
  resultSchemas,
  type Settings,
  type Stamp,
  type StampResult,
  stampedRunOf,
  stampOf,
  stampOn,
  stampRun,
  stampValidation,
  type Validation,
  validatedTable,
} from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { pinRequests, pinWith, type ReadOptions, readSpecs, tablesFor } from '../inputs.ts';
import {
  collect,
  columnList,
  configOption,
  integer,
  jsonOption,
  rowDigestOption,
} from '../options.ts';
import { readJson } from '../read-json.ts';
import { stampText } from '../render/stamp.ts';
import { settingsFor } from '../settings.ts';

export function stampCommand(context: CommandContext) {
  return new Command('stamp')
    .requiredOption('--run <id>', 'the run to stamp')
    .option('--table <ref>', 'a table it trains on, as REF or alias=REF; again for more', collect)
    .option('--pins <file>', "tables pinned earlier, by 'asof pin --output'")
    .option('--columns <names>', 'columns that the training reads, with commas between', collect)
    .option('--where <condition>', 'SQL condition on the rows that it reads', collect)
    .option('--split <text>', 'how it divides the rows, in your words', collect)
    .option('--seed <number>', 'the seed of that', collect)
    .option(
      '--validation <file>',
      'results of Great Expectations over a stamped table, as FILE or alias=FILE; again for more',
      collect,
    )
    .addOption(rowDigestOption())
    .addOption(jsonOption())
    .addOption(configOption())
    .addHelpText(
      'after',
      '\nWith several tables, --columns, --where, --split and --seed begin with alias=.\n\nExample:\n  asof stamp --run 828a… --table features=analytics.customer_features@v47 --where "region = \'EU\'"\n',
    )
    .action(async ({ run, table = [], pins: file, validation = [], json, config, ...more }) => {
      const { rowDigest = false, ...read } = more;
      const settings = await settingsFor(context, config);
      const { signal, now, cwd } = context;
      const validations = await readValidations(validation, cwd);
      const aliases = validations.map(({ alias = '' }) => alias);
      if (new Set(aliases).size < aliases.length) {
        const problem = 'two files are for one table; a checkpoint puts several suites into one';
        throw new LineageError('OPTION_INVALID', { option: '--validation', problem });
      }
      const isValidationOnly = validations.length > 0 && table.length === 0 && file === undefined;
      if (!isValidationOnly && (table.length === 0) === (file === undefined)) {
        const problem = 'give the tables either with --table or with --pins';
        throw new LineageError('OPTION_INVALID', { option: '--table', problem });
      }
      if (rowDigest && table.length === 0) {
        const problem =
          "it is worked out as tables are pinned: give it with --table, or to 'asof pin' before";
        throw new LineageError('OPTION_INVALID', { option: '--row-digest', problem });
      }
      const registry = await connectRegistry(settings, context);
      try {
        const stamp = isValidationOnly
          ? await stampThere(registry, run, signal)
          : await stampMade(context, settings, { table, file, read, rowDigest });
        // A stamp is for good: first what may be misspelt beside it.
        for (const { alias } of validations) validatedTable(run, stamp, alias);
        const stamped = await stampRun(registry, run, stamp, { signal });
        for (const { alias, found } of validations) {
          await stampValidation(registry.runs, run, alias, found, { now: now(), signal });
        }
        const page = registry.runs.page(await registry.runs.get(run, { signal }));
        const result: StampResult = { schemaVersion: 1, ...stampedRunOf(stamped, page) };
        context.out(json ? `${JSON.stringify(result)}\n` : stampText(result));
        if (!json) {
          for (const { found } of validations) context.err(validationLine(found.results));
        }
      } finally {
        registry.close();
      }
    });
}

/** The stamp of the tables that the command line names. */
async function stampMade(
  context: CommandContext,
  settings: Settings,
  {
    table,
    file,
    read,
    rowDigest,
  }: {
    readonly table: readonly string[];
    readonly file: string | undefined;
    readonly read: ReadOptions;
    readonly rowDigest: boolean;
  },
): Promise<Stamp> {
  const { now, cwd } = context;
  const pins =
    file === undefined
      ? await pinWith(
          context,
          settings,
          pinRequests(table, tablesFor(context, settings)),
          rowDigest,
        )
      : await readPins(resolve(cwd, file));
  const reads = readSpecs(
    pins.map(({ alias }) => alias),
    read,
    { columns: columnList, seed: integer },
  );
  const code = await gitVersion(cwd);
  return stampOf(pins, { at: now(), asof: asofVersion, reads, code });
}

/** The stamp that a run has: what is validated has to be known. */
async function stampThere(registry: Registry, runId: string, signal: AbortSignal): Promise<Stamp> {
  const stamp = stampOn(await registry.runs.get(runId, { signal }));
  if (stamp !== undefined) return stamp;
  throw new LineageError('STAMP_MISSING', { ref: `runs:/${runId}` });
}

async function readValidations(texts: readonly string[], cwd: string) {
  return await Promise.all(
    texts.map(async (text) => {
      const [, alias, named] = /^([A-Za-z]\w*)=(.+)$/s.exec(text) ?? [];
      const path = resolve(cwd, named ?? text);
      let content: string;
      try {
        content = await readFile(path, 'utf8');
      } catch (error) {
        const problem = `the system says ${(error as NodeJS.ErrnoException).code}`;
        throw new LineageError('FILE_UNREADABLE', { path, problem }, { cause: error });
      }
      const found = parseValidationFile(content);
      if (found !== undefined) return { alias, found };
      const problem =
        'it holds no results of Great Expectations, as ValidationResult.to_json_dict() gives them';
      throw new LineageError('FILE_UNREADABLE', { path, problem });
    }),
  );
}

function validationLine(results: readonly Validation[]): string {
  return results
    .map(
      ({ suite, success, statistics: { successful, evaluated } }) =>
        `asof: ${suite} ${success ? 'passed' : 'failed'}, ${successful} of ${evaluated} expectations held\n`,
    )
    .join('');
}

async function readPins(path: string): Promise<readonly Pin[]> {
  const unreadable = (problem: string, cause: unknown) =>
    new LineageError('FILE_UNREADABLE', { path, problem }, { cause });
  const json = await readJson(path);
  const result = resultSchemas.pin.safeParse(json);
  if (result.success) return pinsOf(result.data);
  throw unreadable("it is not what 'asof pin --output' writes", result.error);
}
