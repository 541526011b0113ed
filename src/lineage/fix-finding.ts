import type { Run } from '../registry/run.ts';
import type { RunRecord } from '../registry/run-store.ts';
import { annotateFromRun } from './annotate-model.ts';
import type { DoctorSources } from './doctor.ts';
import type { CallOptions } from './find-table.ts';
import type { Finding, FindingCode } from './result/doctor.ts';
import { isBackfilled, recordOf } from './stamp.ts';
import { stampIn, stampOn } from './wire-stamp.ts';

/**
 * Does what a finding that is fixable wants: it adds what is missing, and what people wrote stays.
 *
 * @throws LineageError RUN_NOT_FOUND, RUN_ALREADY_STAMPED, STAMP_NOT_STORED, and what a server refuses
 */
export async function fixFinding(
  { code, model: { name, version } }: Finding,
  sources: Pick<DoctorSources, 'runs' | 'models' | 'journal'>,
  options: CallOptions,
): Promise<void> {
  const registered = await sources.models.version(name, version, options);
  const { runId } = registered;
  if (code !== 'NOTE_MISSING' && runId !== undefined) {
    const run = await sources.runs.get(runId, options);
    const record = await missingOn(run, code, sources);
    if (record !== undefined) await sources.runs.record(runId, record, options);
  }
  await annotateFromRun(sources, registered, options);
}

/** Of a stamp that stands the dataset inputs; of one that is gone, and was not put back meanwhile, all that it is. */
async function missingOn(
  run: Run,
  code: FindingCode,
  { journal, runs }: Pick<DoctorSources, 'journal' | 'runs'>,
): Promise<RunRecord | undefined> {
  const standing = stampOn(run);
  if (standing !== undefined) {
    return code === 'INPUT_LOST' ? { inputs: recordOf(standing).inputs } : undefined;
  }
  const copy = (await journal.stampsOf(runs.title, run.id)).at(-1);
  if (copy === undefined) return;
  const stamp = stampIn(copy, run.id);
  const { tags, ...others } = recordOf(stamp);
  return isBackfilled(stamp) ? { tags } : { tags, ...others };
}
