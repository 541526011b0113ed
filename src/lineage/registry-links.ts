import { isLineageError } from '../base/errors.ts';
import type { ModelVersion } from '../registry/model.ts';
import type { Run } from '../registry/run.ts';
import type { RunSearch } from '../registry/run-search.ts';
import type { FoundEvidence } from './evidence.ts';
import { type EvidenceSources, inOrder, keptStamp, saysVersion } from './gather-evidence.ts';
import { groupByTable, type TableEvidence } from './group-evidence.ts';
import { parentsOf } from './parent-runs.ts';
import { type GatherOptions, otherRun, runEvidence, versionEvidence } from './recorder-evidence.ts';
import { resolvePlaces } from './resolve-places.ts';
import type { Stamp } from './stamp.ts';
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
  const versions: ModelVersion[] = [];
  for await (const model of sources.models.models(call)) versions.push(...model.versions);
  const runs = await sources.search.byIds(
    versions.flatMap(({ runId }) => runId ?? []),
    call,
  );
  const parents = await parentsOf(runs, sources.search, call);
  const byRun = new Map<string | undefined, Omit<RecordedModel, 'version'>>();
  const recorded: RecordedModel[] = [];
  for (const version of versions) {
    const { runId } = version;
    const run = runId === undefined ? undefined : runs.get(runId);
    const known = byRun.get(runId) ?? (await recordsOf(run ?? runId, parents, sources, options));
    byRun.set(runId, known);
    const noted = known.stamp === undefined ? versionEvidence(version, options) : undefined;
    const own =
      noted !== undefined && noted.evidence.length > 0
        ? await recordsOf(run, parents, sources, options, noted)
        : known;
    recorded.push({ version, ...own });
  }
  return recorded;
}

/**
 * What one run's records say, what others say beside it, and those of the run that it was started in where these say no version.
 *
 * @param wanted the run, or the id of one that is gone
 * @param noted what stands elsewhere, as on a model that the run made
 */
export async function recordsOf(
  wanted: Run | string | undefined,
  parents: ReadonlyMap<string, Run>,
  sources: Pick<EvidenceSources, 'tables' | 'runs' | 'journal'>,
  options: GatherOptions,
  noted: FoundEvidence = { evidence: [], unnamed: [], warnings: [] },
): Promise<Omit<RecordedModel, 'version'>> {
  const run = typeof wanted === 'string' ? undefined : wanted;
  const stamp =
    typeof wanted === 'string' ? await keptStamp(wanted, sources) : run && validStamp(run);
  const parts = [runEvidence(run, stamp, options), noted];
  const parent = parents.get(run?.tags['mlflow.parentRunId'] ?? '');
  if (parent !== undefined && !parts.some(saysVersion)) {
    parts.push(otherRun(parent, `of parent run ${parent.id}`, options));
  }
  const evidence = inOrder(parts.flatMap((part) => part.evidence));
  const resolved = await resolvePlaces(evidence, sources.tables, options.signal ? options : {});
  const unnamed = parts.flatMap((part) => part.unnamed);
  const groups = withUnnamed(groupByTable(resolved.evidence, sources.tables), unnamed, []);
  return { tables: groups, ...(run && { run }), ...(stamp && { stamp }) };
}

export function validStamp(run: Run): Stamp | undefined {
  try {
    return stampOn(run);
  } catch (error) {
    if (!isLineageError(error, 'STAMP_INVALID')) throw error;
    return;
  }
}
