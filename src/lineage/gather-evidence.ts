import { isLineageError } from '../base/errors.ts';
import type { DeltaTables } from '../delta/delta-table.ts';
import type { ArtifactReader } from '../registry/artifact-reader.ts';
import type { ModelVersion } from '../registry/model.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import type { Run } from '../registry/run.ts';
import type { RunSearch } from '../registry/run-search.ts';
import type { RunStore } from '../registry/run-store.ts';
import type { StampJournal } from '../registry/stamp-journal.ts';
import type { Evidence, FoundEvidence } from './evidence.ts';
import type { CallOptions } from './find-table.ts';
import { type ModelOwner, modelFileEvidence } from './model-files.ts';
import { loggedModelIdsOf } from './model-makers.ts';
import {
  type GatherOptions,
  loggedModelEvidence,
  otherRun,
  runEvidence,
  versionEvidence,
} from './recorder-evidence.ts';
import { resolvePlaces } from './resolve-places.ts';
import { evidenceKinds, type Warning } from './result/parts.ts';
import type { Stamp } from './stamp.ts';
import { notedFolders } from './wire-model-files.ts';
import { stampIn } from './wire-stamp.ts';

/** Where the search for children or for shared datasets is absent, they are not looked at. */
export type RelatedRuns = Pick<RunSearch, 'byIds'> &
  Partial<Pick<RunSearch, 'childrenOf' | 'firstWith'>>;

export interface EvidenceSources {
  readonly tables: DeltaTables;
  readonly runs: Pick<RunStore, 'get' | 'page' | 'title'>;
  readonly models: Pick<
    ModelRegistry,
    'models' | 'model' | 'version' | 'inStage' | 'byAlias' | 'loggedModel' | 'loggedModels'
  >;
  readonly search?: RelatedRuns;
  /** Copies of stamps, which stand in for those on runs that are gone. Absent: there are none. */
  readonly journal?: Pick<StampJournal, 'stampsOf'>;
  /** Absent: the files of models are not looked at. */
  readonly artifactReader?: ArtifactReader;
}

/** How many runs up, and how many runs down. */
const mostParents = 3;
const mostChildren = 100;

/** A run and the models that it made, each as far as it is known. */
interface Recorders {
  readonly run: Run | undefined;
  readonly stamp: Stamp | undefined;
  readonly loggedModelId: string | undefined;
  readonly version: ModelVersion | undefined;
}

/**
 * All that is recorded about the data of a run: on the run, its logged model, the registered version and the files of models; where none
 * of these says a version, on the runs that it was started in, or else on those started in it. The files of a run that logged no model
 * with MLflow's functions are looked at where nothing else says a version. A run with a stamp of ours is not searched any further.
 */
export async function gatherEvidence(
  { run, stamp, loggedModelId, version }: Recorders,
  sources: EvidenceSources,
  options: GatherOptions,
): Promise<FoundEvidence> {
  const call = options.signal ? { signal: options.signal } : {};
  const parts: FoundEvidence[] = [runEvidence(run, stamp, options)];
  if (stamp === undefined) {
    if (version !== undefined) parts.push(versionEvidence(version, options));
    const modelIds = loggedModelIdsOf(loggedModelId, run);
    for (const id of modelIds) {
      parts.push(await loggedModelEvidence(id, sources, options));
    }
    if (sources.artifactReader !== undefined) {
      const isVersionKnown = parts.some(saysVersion);
      const own = run === undefined ? undefined : notedFolders(run);
      const owners: readonly ModelOwner[] = [
        ...(run !== undefined && (own !== undefined || !isVersionKnown)
          ? [{ kind: 'run', id: run.id, folders: own ?? [] } as const]
          : []),
        ...modelIds.map((id) => ({ kind: 'logged-model', id, folders: [''] }) as const),
      ];
      const { versionParams = [], names } = options;
      const reading = { versionParams, names, isVersionKnown, ...call };
      for (const owner of owners) {
        parts.push(await modelFileEvidence(owner, sources.artifactReader, reading));
      }
    }
    if (run !== undefined && !parts.some(saysVersion)) {
      parts.push(...(await relatedEvidence(run, sources, options)));
    }
  }
  const evidence = inOrder(parts.flatMap((part) => part.evidence));
  const resolved = await resolvePlaces(evidence, sources.tables, call);
  return {
    evidence: run
      ? await withSharing(run, resolved.evidence, sources.search, call)
      : resolved.evidence,
    warnings: [...parts.flatMap((part) => part.warnings), ...resolved.warnings],
    unnamed: parts.flatMap((part) => part.unnamed),
  };
}

/** asof's copy of the stamp of a run that is gone; undefined where it kept none that can be read. */
export async function keptStamp(
  runId: string | undefined,
  { journal, runs }: Pick<EvidenceSources, 'journal' | 'runs'>,
): Promise<Stamp | undefined> {
  if (runId === undefined) return;
  const copy = (await journal?.stampsOf(runs.title, runId))?.at(-1);
  if (copy === undefined) return;
  try {
    return stampIn(copy, runId);
  } catch (error) {
    if (isLineageError(error, 'STAMP_INVALID')) return;
    throw error;
  }
}

/** Strongest first. */
export function inOrder(evidence: readonly Evidence[]): readonly Evidence[] {
  return evidence.toSorted((a, b) => evidenceKinds.indexOf(a.kind) - evidenceKinds.indexOf(b.kind));
}

export function saysVersion({ evidence, unnamed }: FoundEvidence): boolean {
  return (
    unnamed.length > 0 ||
    evidence.some(({ version, instant }) => version !== undefined || instant !== undefined)
  );
}

/** What the runs say that this one was started in; where they say nothing, what the runs say that were started in it. */
async function relatedEvidence(
  run: Run,
  sources: EvidenceSources,
  options: GatherOptions,
): Promise<readonly FoundEvidence[]> {
  const parents: FoundEvidence[] = [];
  const seen = new Set([run.id]);
  let at = run;
  for (let up = 0; up < mostParents; up++) {
    const parentId = at.tags['mlflow.parentRunId'];
    if (parentId === undefined || seen.has(parentId)) break;
    seen.add(parentId);
    const parent = await runOrWarning(parentId, sources, options);
    if ('warning' in parent) {
      parents.push({ evidence: [], unnamed: [], warnings: [parent.warning] });
      break;
    }
    at = parent.run;
    parents.push(otherRun(at, `of parent run ${at.id}`, options));
    if (parents.some(saysVersion)) return parents;
  }
  if (parents.some(({ evidence }) => evidence.length > 0)) return parents;
  const children = (await sources.search?.childrenOf?.(run, mostChildren, options)) ?? [];
  return [
    ...parents,
    ...children.map((child) => otherRun(child, `of child run ${child.id}`, options)),
  ];
}

async function runOrWarning(
  runId: string,
  { runs }: EvidenceSources,
  options: GatherOptions,
): Promise<{ readonly run: Run } | { readonly warning: Warning }> {
  try {
    return { run: await runs.get(runId, options) };
  } catch (error) {
    if (!isLineageError(error, 'RUN_NOT_FOUND')) throw error;
    const message = `The run was started in run ${runId}, which is gone, and its records with it.`;
    return { warning: { code: 'RUN_NOT_FOUND', message } };
  }
}

/** Notes on dataset inputs which earlier run of the experiment has the same. */
export async function withSharing(
  run: Run,
  evidence: readonly Evidence[],
  search: Partial<Pick<RunSearch, 'firstWith'>> | undefined,
  options: CallOptions,
): Promise<readonly Evidence[]> {
  if (search?.firstWith === undefined || evidence.some(({ kind }) => kind === 'stamp'))
    return evidence;
  const noted: Evidence[] = [];
  for (const item of evidence) {
    const [first] =
      item.dataset === undefined || item.version === undefined || item.of !== undefined
        ? []
        : await search.firstWith(run.experimentId, [item.dataset], options);
    const isEarlier =
      first?.startedAt !== undefined &&
      first.id !== run.id &&
      first.startedAt <= (run.startedAt ?? 0);
    noted.push(
      isEarlier && first.startedAt !== undefined
        ? { ...item, sharedWith: { runId: first.id, startedAt: first.startedAt } }
        : item,
    );
  }
  return noted;
}
