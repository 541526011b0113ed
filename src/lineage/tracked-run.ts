import { isLineageError, LineageError } from '../base/errors.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import type { Run } from '../registry/run.ts';
import type { RunStore } from '../registry/run-store.ts';
import type { StampJournal } from '../registry/stamp-journal.ts';
import { annotateModel } from './annotate-model.ts';
import type { CallOptions } from './find-table.ts';
import type { Pin, PinRequest } from './pin.ts';
import type { Stamp } from './stamp.ts';
import { type StampedRun, stampRun } from './stamp-run.ts';

interface Stores {
  readonly runs: RunStore;
  readonly models: ModelRegistry;
  readonly journal: StampJournal;
}

/** A run that a command is being executed under. */
export interface TrackedRun {
  readonly run: Run;
  readonly stamped: StampedRun;
  /** The run was there before; whoever started it ends it. */
  readonly isJoined: boolean;
}

/** How a command ended. */
export interface Ending {
  readonly exitCode: number;
  /** The signal that ended it. */
  readonly signal: string | undefined;
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * Starts a run, or joins one, and stamps it. A run started here that can't be stamped is ended as failed.
 *
 * @throws LineageError RUN_NOT_FOUND for the one to join; what `stampRun` throws
 */
export async function beginTracked(
  stores: Stores,
  stamp: Stamp,
  options: CallOptions & {
    readonly join?: string | undefined;
    readonly experiment?: string | undefined;
    readonly name?: string | undefined;
  },
): Promise<TrackedRun> {
  const { join, experiment, name, ...call } = options;
  if (join !== undefined) {
    const run = await stores.runs.get(join, call);
    return { run, stamped: await stampRun(stores, join, stamp, call), isJoined: true };
  }
  const run = await stores.runs.start(
    { ...(experiment !== undefined && { experiment }), ...(name !== undefined && { name }) },
    call,
  );
  try {
    return { run, stamped: await stampRun(stores, run.id, stamp, call), isJoined: false };
  } catch (error) {
    await stores.runs.end(run.id, 'FAILED');
    throw error;
  }
}

/** Records how the command ended, and notes the stamp on the models that it registered. */
export async function endTracked(
  stores: Stores,
  { run, stamped, isJoined }: TrackedRun,
  { exitCode, signal, metrics }: Ending,
  options: CallOptions = {},
): Promise<StampedRun> {
  const endRun = async () => {
    if (signal !== undefined) await stores.runs.end(run.id, 'KILLED', options);
    else if (exitCode !== 0) await stores.runs.end(run.id, 'FAILED', options);
    else if (!isJoined && (await stores.runs.get(run.id, options)).status === 'RUNNING') {
      // A program that uses MLflow's client has ended it already.
      await stores.runs.end(run.id, 'FINISHED', options);
    }
  };
  try {
    if (Object.keys(metrics).length > 0) await stores.runs.record(run.id, { metrics }, options);
  } finally {
    // Whatever becomes of its metrics, the command has ended.
    await endRun();
  }
  const models = await stores.models.versionsOfRun(run.id, options);
  for (const model of models) await annotateModel(stores.models, model, stamped.stamp, options);
  return { ...stamped, models };
}

/**
 * Tables pinned at their latest version that have a newer one by now. Whoever read at the pin need not care.
 *
 * @param options.onUnknown is told of each that can't be looked at any more, or that another table has replaced, and why
 */
export async function movedSince(
  requests: readonly PinRequest[],
  pins: readonly Pin[],
  {
    onUnknown,
    ...options
  }: CallOptions & { readonly onUnknown?: (alias: string, why: LineageError) => void } = {},
): Promise<
  readonly { readonly alias: string; readonly pinned: number; readonly latest: number }[]
> {
  const latest = { kind: 'latest' } as const;
  const checked = await Promise.all(
    requests.map(async ({ alias, table, moment }) => {
      const pin = pins.find((one) => one.alias === alias);
      if (moment.kind !== 'latest' || pin === undefined) return [];
      try {
        const { version } = await table.history.resolve(latest, options);
        const { tableId: found } = await table.facts.at(version, options);
        if (found !== pin.tableId) {
          throw new LineageError('TABLE_REPLACED', {
            ref: table.name,
            stamped: pin.tableId,
            found,
          });
        }
        const pinned = pin.version;
        return version > pinned ? [{ alias, pinned, latest: version }] : [];
      } catch (error) {
        // What was run has ended, and how is recorded.
        if (!isLineageError(error)) throw error;
        onUnknown?.(alias, error);
        return [];
      }
    }),
  );
  return checked.flat();
}

/** What the command finds of a pinned table in its environment: `ASOF_<ALIAS>_TABLE`, `_VERSION` and `_PATH`. */
export function tableEnvironment(pin: Pin, path: string): Readonly<Record<string, string>> {
  const prefix = `ASOF_${pin.alias.toUpperCase()}`;
  return {
    [`${prefix}_TABLE`]: pin.ref,
    [`${prefix}_VERSION`]: String(pin.version),
    [`${prefix}_PATH`]: path,
  };
}
