import { isLineageError } from '../base/errors.ts';
import type { ModelVersion } from '../registry/model.ts';
import type { Run } from '../registry/run.ts';
import type { RunSearch } from '../registry/run-search.ts';
import type { Evidence } from './evidence.ts';
import { evidenceOn } from './evidence-on.ts';
import { type EvidenceSources, type GatherOptions, otherRun } from './gather-evidence.ts';
import { groupByTable, type TableEvidence } from './group-evidence.ts';
import { parentsOf } from './parent-runs.ts';
import { resolvePlaces } from './resolve-places.ts';
import type { Stamp } from './stamp.ts';
import { stampOn } from './wire-stamp.ts';

/** What the records of one model version say, without looking at the tables. */
export interface RecordedModel {
  readonly version: ModelVersion;
  /** Absent where the version names none, or it is gone for good. */
  readonly run?: Run;
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
  const byRun = new Map<string, Omit<RecordedModel, 'version'>>();
  const recorded: RecordedModel[] = [];
  for (const version of versions) {
    const run = version.runId === undefined ? undefined : runs.get(version.runId);
    if (run === undefined) {
      recorded.push({ version, tables: [] });
      continue;
    }
    const known = byRun.get(run.id) ?? (await recordsOf(run, parents, sources, options));
    byRun.set(run.id, known);
    recorded.push({ version, ...known });
  }
  return recorded;
}

/** What one run's records say, and those of the run that it was started in where they say no version. */
export async function recordsOf(
  run: Run,
  parents: ReadonlyMap<string, Run>,
  { tables }: Pick<EvidenceSources, 'tables'>,
  options: GatherOptions,
): Promise<Omit<RecordedModel, 'version'>> {
  const stamp = validStamp(run);
  const own = evidenceOn(run, stamp, options.versionParams ?? [], options.names);
  let evidence: readonly Evidence[] = own.evidence;
  const parent = parents.get(run.tags['mlflow.parentRunId'] ?? '');
  if (parent !== undefined && !evidence.some((item) => item.version !== undefined)) {
    evidence = [...evidence, ...otherRun(parent, `of parent run ${parent.id}`, options).evidence];
  }
  const resolved = await resolvePlaces(evidence, tables, options.signal ? options : {});
  const groups = groupByTable(resolved.evidence, tables);
  return { run, tables: groups, ...(stamp && { stamp }) };
}

export function validStamp(run: Run): Stamp | undefined {
  try {
    return stampOn(run);
  } catch (error) {
    if (!isLineageError(error, 'STAMP_INVALID')) throw error;
    return;
  }
}
