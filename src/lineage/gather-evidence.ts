import { isLineageError } from '../base/errors.ts';
import type { DeltaTables } from '../delta/delta-table.ts';
import type { ArtifactReader } from '../registry/artifact-reader.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import type { Run } from '../registry/run.ts';
import type { RunSearch } from '../registry/run-search.ts';
import type { RunStore } from '../registry/run-store.ts';
import type { StampJournal } from '../registry/stamp-journal.ts';
import type { Evidence, FoundEvidence } from './evidence.ts';
import type { CallOptions } from './find-table.ts';
import {
  type ModelFiles,
  type ModelOwner,
  modelFileEvidence,
  searchedFiles,
} from './model-files.ts';
import { ownRecords, type Recorders, saysVersion } from './own-records.ts';
import { mostParents } from './parent-runs.ts';
import { type GatherOptions, otherRun, runEvidence } from './recorder-evidence.ts';
import { resolvePlaces } from './resolve-places.ts';
import { evidenceKinds, type Warning } from './result/parts.ts';
import type { Stamp } from './stamp.ts';
import { stampIn } from './wire-stamp.ts';

/** Where the search for children or for shared datasets is absent, they are not looked at. */
export type RelatedRuns = Pick<RunSearch, 'byIds'> &
  Partial<Pick<RunSearch, 'childrenOf' | 'parentIds' | 'firstWith'>>;

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
  readonly artifactReader?: ArtifactReader;
  /** Stands in for `artifactReader`. Where both are absent, the files of models are not looked at. */
  readonly modelFiles?: ModelFiles;
}

/** How many runs down. */
export const mostChildren = 100;

/**
 * All that is recorded about the data of a run: on the run, its logged model, the registered version and the files of models; where none
 * of these says a version, on the runs that it was started in; then in its other files, or else on the runs started in it. A run with a
 * stamp of ours is not searched any further.
 */
export async function gatherEvidence(
  { stamp, ...recorders }: Recorders & { readonly stamp: Stamp | undefined },
  sources: EvidenceSources,
  options: GatherOptions,
): Promise<FoundEvidence> {
  const { run } = recorders;
  const call = options.signal ? { signal: options.signal } : {};
  const parts: FoundEvidence[] = [];
  if (stamp === undefined) {
    const own = await ownRecords(recorders, sources, options);
    parts.push(...own.parts);
    const { artifactReader, modelFiles = artifactReader && searchedFiles(artifactReader) } =
      sources;
    const look = async (owner: ModelOwner) => {
      if (modelFiles) parts.push(await modelFileEvidence(owner, modelFiles, options));
    };
    for (const owner of own.owners) await look(owner);
    if (run !== undefined && !parts.some(saysVersion)) {
      const parents = await parentEvidence(run, sources, options);
      parts.push(...parents);
      const isSearched = !options.isBrief || parts.some(({ evidence }) => evidence.length > 0);
      if (own.unnoted && isSearched && !parts.some(saysVersion)) await look(own.unnoted);
      const isSaid = parts.some(saysVersion) || parents.some(({ evidence }) => evidence.length > 0);
      if (!isSaid) parts.push(...(await childEvidence(run, sources, options)));
    }
  } else {
    parts.push(runEvidence(run, stamp, options));
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

/** That something which may say more could not be looked at. */
export function isUnlooked({ code }: Warning): boolean {
  return /^(FILES|CHILDREN|MODEL)_UNCHECKED$/.test(code);
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
function inOrder(evidence: readonly Evidence[]): readonly Evidence[] {
  return evidence.toSorted((a, b) => evidenceKinds.indexOf(a.kind) - evidenceKinds.indexOf(b.kind));
}

/** What the runs say that this one was started in, the nearest first, until one says a version. */
async function parentEvidence(
  run: Run,
  sources: EvidenceSources,
  options: GatherOptions,
): Promise<readonly FoundEvidence[]> {
  const parents: FoundEvidence[] = [];
  const seen = new Set([run.id]);
  let at = run;
  for (let up = 0; up < mostParents && !parents.some(saysVersion); up++) {
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
  }
  return parents;
}

/** What the runs say that were started in this one. */
async function childEvidence(
  run: Run,
  { search }: EvidenceSources,
  options: GatherOptions,
): Promise<readonly FoundEvidence[]> {
  try {
    const children = (await search?.childrenOf?.(run, mostChildren, options)) ?? [];
    return children.map((child) => otherRun(child, `of child run ${child.id}`, options));
  } catch (error) {
    if (!isLineageError(error, 'NOT_KEPT')) throw error;
    const message = `Runs that were started in run ${run.id} were not looked for: ${error.message}`;
    return [{ evidence: [], unnamed: [], warnings: [{ code: 'CHILDREN_UNCHECKED', message }] }];
  }
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
async function withSharing(
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
