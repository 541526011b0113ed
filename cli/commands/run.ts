import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, Option } from '@commander-js/extra-typings';
import {
  asofVersion,
  beginTracked,
  connectRegistry,
  endTracked,
  formatTableRef,
  gitVersion,
  LineageError,
  movedSince,
  type OutputFormat,
  outputFormats,
  type Pin,
  type PinRequest,
  type ReadSpec,
  type RunResult,
  rehydrate,
  stampedRunOf,
  stampOf,
  tableEnvironment,
} from '../../src/index.ts';
import type { CommandContext } from '../context.ts';
import { pinRequests, pinWith, readSpecs, tablesFor } from '../inputs.ts';
import {
  collect,
  columnList,
  configOption,
  integer,
  jsonOption,
  rowDigestOption,
} from '../options.ts';
import { makeTemporaryFolder } from '../outputs.ts';
import { readJson } from '../read-json.ts';
import { progressLine } from '../render/progress-line.ts';
import { settingsFor } from '../settings.ts';

export function runCommand(context: CommandContext) {
  return new Command('run')
    .argument('<command...>', "the training, behind '--'")
    .requiredOption(
      '--table <ref>',
      'a table it trains on, as REF or alias=REF; again for more',
      collect,
    )
    .option('--experiment <name>', "the run's experiment")
    .option('--run-name <name>', "the run's name")
    .option(
      '--rehydrate [folder]',
      'copy the rows for it first: into a folder, or into a temporary one',
    )
    .addOption(
      new Option('--format <name>', 'of that copy')
        .choices(outputFormats)
        .default('parquet' as const),
    )
    .option('--columns <names>', 'columns that it reads, with commas between', collect)
    .option('--where <condition>', 'SQL condition on the rows that it reads', collect)
    .option('--split <text>', 'how it divides the rows, in your words', collect)
    .option('--seed <number>', 'the seed of that', collect)
    .addOption(rowDigestOption())
    .option('--metrics <file>', 'a JSON object of numbers that it writes, to record on the run')
    .addOption(jsonOption())
    .addOption(configOption())
    .passThroughOptions()
    .addHelpText(
      'after',
      `
The command finds in its environment:
  ASOF_RUN_ID              the run; with MLflow also MLFLOW_RUN_ID and where the server is
  ASOF_<ALIAS>_TABLE       the table
  ASOF_<ALIAS>_VERSION     the version to read: versionAsOf
  ASOF_<ALIAS>_PATH        where the table lies or, with --rehydrate, the copy of its rows

With MLFLOW_RUN_ID or ASOF_RUN_ID set, that run is joined instead of a new one started.

Example:
  asof run --table features=analytics.customer_features -- python train.py
`,
    )
    .action(async (command, options) => {
      const { signal, cwd, env } = context;
      if (options.rehydrate === undefined && options.format !== 'parquet') {
        const problem = 'it goes with --rehydrate';
        throw new LineageError('OPTION_INVALID', { option: '--format', problem });
      }
      const settings = await settingsFor(context, options.config);
      const requests = pinRequests(options.table, tablesFor(context, settings));
      const reads = readSpecs(
        requests.map(({ alias }) => alias),
        options,
        { columns: columnList, seed: integer },
      );
      const pins = await pinWith(context, settings, requests, options.rowDigest === true);
      const stamp = stampOf(pins, {
        at: context.now(),
        asof: asofVersion,
        reads,
        code: await gitVersion(cwd),
      });
      const registry = await connectRegistry(settings, context);
      const temporary =
        options.rehydrate === true ? await makeTemporaryFolder('--rehydrate') : undefined;
      try {
        const copies =
          options.rehydrate === undefined
            ? undefined
            : await copyRows(
                resolve(cwd, temporary ?? String(options.rehydrate)),
                requests,
                pins,
                reads,
                options.format,
                context,
              );
        const tracked = await beginTracked(registry, stamp, {
          join: env['MLFLOW_RUN_ID'] || env['ASOF_RUN_ID'] || undefined,
          experiment: options.experiment,
          name: options.runName,
          signal,
        });
        context.err(announcement(tracked.run.id, pins));
        const idle = { '--experiment': options.experiment, '--run-name': options.runName };
        for (const [option, value] of Object.entries(tracked.isJoined ? idle : {})) {
          if (value !== undefined)
            context.err(`asof: ${option} does nothing to a run that is joined\n`);
        }

        const { exitCode, signal: endedBy } = await context
          .execute(command, {
            isOutputOnStderr: options.json === true,
            env: {
              ...env,
              ...registry.runs.environment(tracked.run),
              ASOF_RUN_ID: tracked.run.id,
              ...Object.assign(
                {},
                ...pins.map((pin) => tableEnvironment(pin, copies?.get(pin.alias) ?? pin.location)),
              ),
            },
          })
          .catch(async (error: unknown) => {
            await registry.runs.end(tracked.run.id, 'FAILED');
            throw error;
          });

        // Whatever ended the command, what is left is to write down how.
        const end = (metrics: Readonly<Record<string, number>>) =>
          endTracked(registry, tracked, { exitCode, signal: endedBy, metrics }).catch((error) => {
            const how = endedBy === undefined ? `with exit code ${exitCode}` : `by ${endedBy}`;
            context.err(`asof: the command ended ${how}; run ${tracked.run.id} does not tell:\n`);
            throw error;
          });
        let metrics: Readonly<Record<string, number>> = {};
        if (options.metrics && exitCode === 0) {
          metrics = await readMetrics(resolve(cwd, options.metrics)).catch(async (error) => {
            await end({});
            throw error;
          });
        }
        const stamped = await end(metrics);
        const moved = await movedSince(requests, pins, {
          onUnknown: (alias, { message }) =>
            context.err(`asof: whether ${alias} has moved meanwhile is not known: ${message}\n`),
        });
        context.err(movedText(moved));
        if (options.json) {
          const result: RunResult = {
            schemaVersion: 1,
            ...stampedRunOf(stamped, registry.runs.page(tracked.run)),
            command,
            exitCode,
            endedBy: endedBy ?? null,
            status: endedBy !== undefined ? 'KILLED' : exitCode === 0 ? 'FINISHED' : 'FAILED',
            metrics,
            moved: [...moved],
          };
          context.out(`${JSON.stringify(result)}\n`);
        }
        context.end(exitCode);
      } finally {
        registry.close();
        if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
      }
    });
}

async function copyRows(
  root: string,
  requests: readonly PinRequest[],
  pins: readonly Pin[],
  reads: Readonly<Record<string, ReadSpec>>,
  format: OutputFormat,
  context: CommandContext,
): Promise<ReadonlyMap<string, string>> {
  const line = progressLine(context);
  const wanted = requests.map(({ alias, table }, index) => {
    const { version = 0, tableId = '', digest = '' } = pins[index] ?? {};
    const read = reads[alias];
    return { alias, table, version, tableId, digest, ...(read && { read }) };
  });
  try {
    const { tables } = await rehydrate(wanted, {
      out: root,
      format,
      asof: asofVersion,
      now: context.now,
      signal: context.signal,
      onProgress: line.update,
    });
    return new Map(tables.map(({ alias, path }) => [alias, path]));
  } finally {
    line.clear();
  }
}

async function readMetrics(path: string): Promise<Readonly<Record<string, number>>> {
  const unreadable = (problem: string, cause?: unknown) =>
    new LineageError('FILE_UNREADABLE', { path, problem }, { cause });
  const json = await readJson(path);
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json);
  const entries = isObject ? Object.entries(json) : [];
  // 1e999 is JSON, and Infinity.
  const metrics = entries.filter((entry): entry is [string, number] => Number.isFinite(entry[1]));
  if (metrics.length === 0 || metrics.length < entries.length) {
    throw unreadable('it is not an object of numbers');
  }
  return Object.fromEntries(metrics);
}

function announcement(runId: string, pins: readonly Pin[]): string {
  const tables = pins.map(
    ({ alias, ref, version }) => `${alias} = ${formatTableRef(ref, version)}`,
  );
  return `asof: run ${runId} stamped with ${tables.join(', ')}\n`;
}

function movedText(moved: Awaited<ReturnType<typeof movedSince>>): string {
  return moved
    .map(
      ({ alias, pinned, latest }) =>
        `asof: ${alias} has moved to v${latest} meanwhile; a training that read at v${pinned}, as it was told, is not touched by that\n`,
    )
    .join('');
}
