import { LineageError } from '../../base/errors.ts';
import type { Run, RunInput } from '../run.ts';
import type { CallOptions, RunRecord } from '../run-store.ts';
import { type MlflowClient, refusalOf, wireNothing } from './client.ts';
import { logBatches } from './log-batches.ts';
import { livingRun } from './stored-run.ts';
import { contextTag, type StoredRun } from './wire-run.ts';

// Longer values are cut by MLflow 3.17 and answered with HTTP 200.
const longestTag = 8000;
const longestParam = 6000;

/** @throws LineageError VALUE_TOO_LONG for a tag or a param that MLflow would store in part */
export function refuseCutValues(store: string, { params = {}, tags = {} }: RunRecord): void {
  const checks = [
    { kind: 'parameter', values: params, longest: longestParam },
    { kind: 'tag', values: tags, longest: longestTag },
  ];
  for (const { kind, values, longest } of checks) {
    for (const [key, value] of Object.entries(values)) {
      // Counted in code points, as Python does.
      const length = value.length > longest ? [...value].length : 0;
      if (length <= longest) continue;
      throw new LineageError('VALUE_TOO_LONG', {
        what: `the ${kind} ${key}`,
        length,
        longest,
        store,
      });
    }
  }
}

/**
 * Writes the dataset inputs, reads them back, then writes the rest and reads that back: an input that MLflow drops leaves a run
 * without a stamp rather than one that says what is not so.
 *
 * @throws LineageError RUN_NOT_FOUND, RUN_ALREADY_STAMPED, STAMP_NOT_STORED
 */
export async function writeRecord(
  client: MlflowClient,
  runId: string,
  record: RunRecord,
  options?: CallOptions,
): Promise<void> {
  const before = await livingRun(client, runId, options);
  refuseOtherParams(before, record);
  const { inputs = [] } = record;
  refuseOtherInputs(before, inputs);
  if (inputs.length > 0) {
    const body = { run_id: runId, datasets: inputs.map(wireDataset) };
    await throughConflicts(() => client.post('runs/log-inputs', body, wireNothing, options));
    refuseLostInputs(await livingRun(client, runId, options), inputs);
  }
  const batches = logBatches(record, before.lastMetrics, Date.now());
  if (batches.length === 0) return;
  for (const batch of batches) {
    const body = { run_id: runId, ...batch };
    try {
      await throughConflicts(() => client.post('runs/log-batch', body, wireNothing, options));
    } catch (error) {
      // Another process may have set a param after we had looked.
      if (refusalOf(error, 'INVALID_PARAMETER_VALUE') !== undefined) {
        refuseOtherParams(await livingRun(client, runId, options), record);
      }
      throw error;
    }
  }
  refuseLostValues(await livingRun(client, runId, options), record);
}

/**
 * Sends again what met another process that was writing the same thing: the runs of a sweep, all on one table version. MLflow
 * looks first and then writes, and gives the one who comes second its database's complaint.
 */
async function throughConflicts(send: () => Promise<unknown>, tries = 5): Promise<unknown> {
  try {
    return await send();
  } catch (error) {
    if (tries === 1 || refusalOf(error, 'BAD_REQUEST') === undefined) throw error;
    return throughConflicts(send, tries - 1);
  }
}

function refuseOtherParams({ run }: StoredRun, { params = {} }: RunRecord): void {
  for (const [key, wanted] of Object.entries(params)) {
    const stored = valueAt(run.params, key);
    if (stored === undefined || stored === wanted) continue;
    throw new LineageError('RUN_ALREADY_STAMPED', { runId: run.id, what: key, stored, wanted });
  }
}

function wireDataset({ name, digest, sourceType, source, context, schema, profile }: RunInput) {
  return {
    tags: context === undefined ? [] : [{ key: contextTag, value: context }],
    dataset: {
      name,
      digest,
      source_type: sourceType,
      source,
      ...(schema !== undefined && { schema }),
      ...(profile !== undefined && { profile }),
    },
  };
}

/**
 * MLflow keeps one dataset for a name and digest in an experiment, the first, and one context for a dataset in a run, the
 * first; it answers 200 to others and drops them.
 */
function refuseOtherInputs({ run }: StoredRun, inputs: readonly RunInput[]): void {
  for (const wanted of inputs) {
    const stored = storedInput(run, wanted);
    if (stored === undefined) continue;
    const { context = stored.context } = wanted;
    const differences = [
      { field: 'source type', kept: stored.sourceType, value: wanted.sourceType },
      { field: 'source', kept: stored.source, value: wanted.source },
      { field: 'context', kept: stored.context ?? 'none', value: context ?? 'none' },
    ];
    for (const { field, kept, value } of differences) {
      if (kept === value) continue;
      throw lostInput(run, wanted, `has the ${field} ${kept} instead of ${value}`);
    }
  }
}

function refuseLostInputs(stored: StoredRun, inputs: readonly RunInput[]): void {
  refuseOtherInputs(stored, inputs);
  const lost = inputs.find((input) => storedInput(stored.run, input) === undefined);
  if (lost !== undefined) throw lostInput(stored.run, lost, 'is not there');
}

function storedInput(run: Run, { name, digest }: RunInput): RunInput | undefined {
  return run.inputs.find((input) => input.name === name && input.digest === digest);
}

function lostInput({ id }: Run, { name, digest }: RunInput, problem: string) {
  const what = `the dataset input ${name} (digest ${digest})`;
  return new LineageError('STAMP_NOT_STORED', { runId: id, what, problem });
}

function refuseLostValues({ run }: StoredRun, { params = {}, tags = {} }: RunRecord): void {
  const checks = [
    { kind: 'parameter', wanted: params, stored: run.params },
    { kind: 'tag', wanted: tags, stored: run.tags },
  ];
  for (const { kind, wanted, stored } of checks) {
    for (const [key, value] of Object.entries(wanted)) {
      const kept = valueAt(stored, key);
      if (kept === value) continue;
      const problem = kept === undefined ? 'is not there' : 'has another value';
      throw new LineageError('STAMP_NOT_STORED', {
        runId: run.id,
        what: `the ${kind} ${key}`,
        problem,
      });
    }
  }
}

/** A key may be called `constructor`, which every object answers to. */
function valueAt(values: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(values, key) ? values[key] : undefined;
}
