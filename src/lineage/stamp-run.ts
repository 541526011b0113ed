import { canonicalJson } from '../base/canonical-json.ts';
import { LineageError } from '../base/errors.ts';
import { formatTableRef } from '../delta/table-ref.ts';
import type { ModelVersion } from '../registry/model.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import type { CallOptions, RunStore } from '../registry/run-store.ts';
import type { StampJournal } from '../registry/stamp-journal.ts';
import { annotateModel } from './annotate-model.ts';
import { recordOf, type Stamp, stampManifest } from './stamp.ts';
import { stampOn } from './wire-stamp.ts';

export interface StampedRun {
  readonly runId: string;
  /** What stands on the run: the stamp given, or the equal one that was there before. */
  readonly stamp: Stamp;
  readonly wasStamped: boolean;
  /** The whole stamp lies with the run's artifacts too. */
  readonly hasManifest: boolean;
  /** Model versions registered from the run, now annotated. */
  readonly models: readonly ModelVersion[];
}

/**
 * Records a stamp on a run, keeps a copy in the ledger, and notes it on the model versions that were registered from the run.
 * Stamping with the same tables again changes nothing but that note.
 *
 * @throws LineageError RUN_NOT_FOUND, RUN_ALREADY_STAMPED, STAMP_NOT_STORED, STAMP_TOO_LARGE, STAMP_INVALID
 */
export async function stampRun(
  stores: {
    readonly runs: RunStore;
    readonly models: ModelRegistry;
    readonly journal: StampJournal;
  },
  runId: string,
  stamp: Stamp,
  options: CallOptions = {},
): Promise<StampedRun> {
  const { runs, models, journal } = stores;
  const run = await runs.get(runId, options);
  const earlier = stampOn(run);
  if (earlier !== undefined) checkSame(runId, earlier, stamp);
  const standing = earlier === undefined ? stamp : withRowDigests(earlier, stamp);
  await runs.record(runId, recordOf(standing), options);
  const manifest = stampManifest(standing);
  const hasManifest = await runs.writeArtifact(runId, 'asof/stamp.json', manifest, options);
  await journal.keep({ store: runs.title, runId, stamp: JSON.stringify(standing) });
  const versions = await models.versionsOfRun(runId, options);
  for (const version of versions) await annotateModel(models, version, standing, options);
  return {
    runId,
    stamp: standing,
    wasStamped: earlier !== undefined,
    hasManifest,
    models: versions,
  };
}

/** A stamp with the row digests that it lacks and an equal one has. */
function withRowDigests(stamp: Stamp, equal: Stamp): Stamp {
  const tables = stamp.tables.map((table, index) => {
    const rowDigest = table.rowDigest ?? equal.tables[index]?.rowDigest;
    return { ...table, ...(rowDigest !== undefined && { rowDigest }) };
  });
  return { ...stamp, tables };
}

function checkSame(runId: string, stored: Stamp, wanted: Stamp): void {
  const identity = ({ tables }: Stamp) =>
    canonicalJson(
      tables.map(({ alias, id, version, digest, read }) => ({ alias, id, version, digest, read })),
    );
  const areRowsSame = stored.tables.every(({ rowDigest }, index) => {
    const other = wanted.tables[index]?.rowDigest;
    return rowDigest === undefined || other === undefined || rowDigest === other;
  });
  if (identity(stored) === identity(wanted) && areRowsSame) return;
  const describe = ({ tables }: Stamp) =>
    tables.map(({ alias, ref, version }) => `${alias}=${formatTableRef(ref, version)}`).join(', ');
  const [before, now] = [describe(stored), describe(wanted)];
  const what = before === now ? 'what is read of its tables, or their content,' : 'its data';
  throw new LineageError('RUN_ALREADY_STAMPED', { runId, what, stored: before, wanted: now });
}
