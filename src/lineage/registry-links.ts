import { isLineageError } from '../base/errors.ts';
import type { ModelVersion } from '../registry/model.ts';
import type { Run } from '../registry/run.ts';
import type { RunSearch } from '../registry/run-search.ts';
import type { FoundEvidence } from './evidence.ts';
import { type EvidenceSources, inOrder, keptStamp } from './gather-evidence.ts';
import { groupByTable, type TableEvidence } from './group-evidence.ts';
import { saysVersion } from './own-records.ts';
import { mostParents, parentsOf } from './parent-runs.ts';
import { type GatherOptions, otherRun, runEvidence, versionEvidence } from './recorder-evidence.ts';
import { resolvePlaces } from './resolve-places.ts';
import type { Stamp } from './stamp.ts';
import { allVersions } from './subjects.ts';
import { stampOn } from './wire-stamp.ts';
import { withUnnamed } from './with-unnamed.ts';

/** What the records of one model version say, without looking at the tables. */
export interface RecordedModel {
  readonly version: ModelVersion;
  /** Absent where the version names none, or it is gone for good. */
  readonly run?: Run;
  /** On the run, or in asof's ledger where that is gone. */
  readonly stamp?: Stamp;
  /** A group a table. */
  readonly tables: readonly TableEvidence[];
}

/**
 * The records of every registered model version, with a few requests for all of them: those on the runs and on the runs that these were
 * started in. Files that lie with models are not read; `trace` does that for one.
 */
export async function registryLinks(
  sources: Omit<EvidenceSources, 'search'> & { readonly search: Pick<RunSearch, 'byIds'> },
  options: GatherOptions,
): Promise<readonly RecordedModel[]> {
  const call = options.signal ? { signal: options.signal } : {};
  const versions = await allVersions(sources.models, call);
  const runs = await sources.search.byIds(
    versions.flatMap(({ runId }) => runId ?? []),
    call,
  );
  const parents = await parentsOf(runs, sources.search, call);
  const byRun = new Map<string | undefined, Omit<RecordedModel, 'version'>>();
  const recordsOf = async (runId: string | undefined): Promise<Omit<RecordedModel, 'version'>> => {
    const run = runId === undefined ? undefined : runs.get(runId);
    const stamp = run === undefined ? await keptStamp(runId, sources) : validStamp(run);
    const found = await recordedTables({ run, stamp }, parents, sources, options);
    return { tables: found, ...(run && { run }), ...(stamp && { stamp }) };
  };
  const recorded: RecordedModel[] = [];
  for (const version of versions) {
    const known = byRun.get(version.runId) ?? (await recordsOf(version.runId));
    byRun.set(version.runId, known);
    const { run, stamp } = known;
    const noted = versionEvidence(version, options);
    const own =
      stamp === undefined && noted.evidence.length > 0
        ? { tables: await recordedTables({ run, stamp, noted }, parents, sources, options) }
        : {};
    recorded.push({ version, ...known, ...own });
  }
  return recorded;
}

/**
 * The tables in one run's records and in what is noted elsewhere, as on a model that the run made; where these say no version, also in
 * those of the run that it was started in.
 *
 * @param recorders of a run that is gone the stamp, as far as asof kept it
 */
export async function recordedTables(
  {
    run,
    stamp,
    noted,
  }: {
    readonly run: Run | undefined;
    readonly stamp: Stamp | undefined;
    readonly noted?: FoundEvidence;
  },
  parents: ReadonlyMap<string, Run>,
  { tables }: Pick<EvidenceSources, 'tables'>,
  options: GatherOptions,
): Promise<readonly TableEvidence[]> {
  const parts = [runEvidence(run, stamp, options), ...(noted ? [noted] : [])];
  let at = run;
  for (let up = 0; up < mostParents && !parts.some(saysVersion); up++) {
    at = parents.get(at?.tags['mlflow.parentRunId'] ?? '');
    if (at === undefined) break;
    parts.push(otherRun(at, `of parent run ${at.id}`, options));
  }
  const evidence = inOrder(parts.flatMap((part) => part.evidence));
  const resolved = await resolvePlaces(evidence, tables, options.signal ? options : {});
  const unnamed = parts.flatMap((part) => part.unnamed);
  return withUnnamed(groupByTable(resolved.evidence, tables), unnamed, []);
}

function validStamp(run: Run): Stamp | undefined {
  try {
    return stampOn(run);
  } catch (error) {
    if (!isLineageError(error, 'STAMP_INVALID')) throw error;
    return;
  }
}
