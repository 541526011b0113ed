import { isLineageError } from '../base/errors.ts';
import { formatModelVersion, type ModelRef } from '../registry/model-ref.ts';
import type { RegistryPast } from '../registry/registry-past.ts';
import type { Run } from '../registry/run.ts';
import type { RunStore } from '../registry/run-store.ts';
import { uniqueAlias } from './alias.ts';
import type { Evidence, FoundEvidence, UnnamedVersion, VersionParam } from './evidence.ts';
import type { CallOptions } from './find-table.ts';
import { type EvidenceSources, gatherEvidence, otherRun } from './gather-evidence.ts';
import { groupByTable, type TableEvidence } from './group-evidence.ts';
import { judgeLink } from './judge-link.ts';
import { type ModelMakers, makersOf } from './model-makers.ts';
import type { EvidenceNames } from './named-evidence.ts';
import type { Warning } from './result/parts.ts';
import type { TraceResult } from './result/trace.ts';
import { type Subject, subjectsOf } from './subjects.ts';
import { subjectsOn } from './subjects-on.ts';
import { type Suspect, suspectedLinks } from './suspected-links.ts';
import { stampOn } from './wire-stamp.ts';

export interface TraceSources extends EvidenceSources {}

export interface TraceOptions extends CallOptions {
  /** Parameters that hold versions under names of their own. */
  readonly versionParams?: readonly VersionParam[];
  /** Names under which a team's own code records tables and versions. */
  readonly names?: EvidenceNames | undefined;
  /** Tables that a run without any record of one may have read: named by the user, or known from the settings. */
  readonly suspects?: readonly Suspect[];
  /** Epoch milliseconds. */
  readonly now: number;
  /** Asks what stood in a stage or under an alias at this moment, instead of now. */
  readonly on?: number | undefined;
  readonly past?: RegistryPast;
}

/**
 * Which table versions trained a model: one result a model version, ascending; several when a stage or a name alone means several.
 * What a run does not record is said to be unknown; a run that is gone makes a warning, not an error.
 *
 * @throws LineageError MODEL_NOT_FOUND, MODEL_VERSION_NOT_FOUND, STAGE_EMPTY, ALIAS_NOT_FOUND, LOGGED_MODEL_NOT_FOUND, RUN_NOT_FOUND
 */
export async function* trace(
  ref: ModelRef,
  sources: TraceSources,
  options: TraceOptions,
): AsyncGenerator<TraceResult, void, void> {
  if (options.on === undefined) {
    for (const subject of await subjectsOf(ref, sources, options)) {
      yield await traceSubject(subject, sources, options);
    }
    return;
  }
  const { subjects, on } = await subjectsOn(ref, options.on, options.past, sources, options);
  for (const subject of subjects) {
    yield { ...(await traceSubject(subject, sources, options)), on };
  }
}

async function traceSubject(
  subject: Subject,
  sources: TraceSources,
  options: TraceOptions,
): Promise<TraceResult> {
  const warnings: Warning[] = [];
  const makers = await makersOf(subject, sources.models, options);
  const named = await runOf(subject, makers.named, sources, warnings, options);
  const run = (await runOfFiles(subject, named, makers, sources, warnings, options)) ?? named;
  const stamp = run && stampOrWarning(run, warnings);
  const links: TraceResult['links'] = [];
  if (run !== undefined) {
    const found = await gatherEvidence(run, stamp, makers.loggedModelId, sources, options);
    const other = named !== undefined && named !== run ? [namedRun(named, options)] : [];
    const all = [found, ...other];
    warnings.push(...all.flatMap((part) => part.warnings));
    const groups = withUnnamed(
      groupByTable(
        all.flatMap((part) => part.evidence),
        sources.tables,
      ),
      all.flatMap((part) => part.unnamed),
      warnings,
    );
    for (const evidence of groups) {
      const judged = await judgeLink(evidence[0].of ?? run, evidence, {
        ...options,
        tables: sources.tables,
      });
      const taken = links.map(({ alias }) => alias);
      links.push({ ...judged.link, alias: uniqueAlias(judged.link.alias, taken) });
      warnings.push(...judged.warnings);
    }
    if (links.length === 0) {
      const message = `Run ${run.id} records no Delta table that it was trained on.`;
      warnings.push({ code: 'NOTHING_RECORDED', message });
      const guesses = await suspectedLinks(run, options.suspects ?? [], sources.tables, options);
      links.push(...guesses.links);
      warnings.push(...guesses.warnings);
    }
  }
  const { version } = subject;
  return {
    schemaVersion: 1,
    model: {
      name: version?.name ?? subject.loggedModel?.name ?? null,
      version: version?.version ?? null,
      stages: version?.stage === undefined ? [] : [version.stage],
      aliases: [...(version?.aliases ?? [])],
      runId: subject.runId ?? null,
      loggedModelId: version?.loggedModelId ?? subject.loggedModel?.id ?? null,
    },
    run: run ? describeRun(run, sources.runs) : null,
    code: stamp?.code ?? (run ? codeOf(run) : null),
    links,
    warnings,
  };
}

/** What MLflow's own client notes of the code, where it runs in a repository. */
function codeOf({ tags }: Run): TraceResult['code'] {
  const commit = tags['mlflow.source.git.commit'];
  const remote = tags['mlflow.source.git.repoURL'];
  return commit === undefined ? null : { commit, ...(remote !== undefined && { remote }) };
}

/**
 * The run that made the model's files, where that is another than the one that the version names. It is the likelier one: the model is
 * its files, and the name is what somebody gave.
 */
async function runOfFiles(
  { version }: Subject,
  named: Run | undefined,
  makers: ModelMakers,
  { runs }: TraceSources,
  warnings: Warning[],
  options: TraceOptions,
): Promise<Run | undefined> {
  if (makers.files === undefined || makers.files === makers.named) return;
  const model = version ? formatModelVersion(version.name, version.version) : 'The model';
  try {
    const run = await runs.get(makers.files, options);
    if (makers.named !== undefined) {
      const message = `${model} names run ${makers.named}, and its files are those of run ${run.id}. What the latter records is taken to be likelier, since it made the model.`;
      warnings.push({ code: 'RUNS_DIFFER', message });
    }
    return named === undefined || named.id !== run.id ? run : undefined;
  } catch (error) {
    if (!isLineageError(error, 'RUN_NOT_FOUND')) throw error;
    const message = `The files of ${model} are those of run ${makers.files}, which is gone, and its records with it.`;
    warnings.push({ code: 'RUN_NOT_FOUND', message });
    return;
  }
}

function namedRun(run: Run, options: TraceOptions): FoundEvidence {
  const found = otherRun(run, `of run ${run.id}`, options);
  return { ...found, evidence: found.evidence.filter(({ isPlace }) => !isPlace) };
}

/** A version that names no table is that of the table named, where there is one only and nothing else says its version. */
function withUnnamed(
  groups: readonly TableEvidence[],
  unnamed: readonly UnnamedVersion[],
  warnings: Warning[],
): readonly TableEvidence[] {
  const [only, ...others] = groups;
  const attached: Evidence[] = [];
  const isOpen = others.length === 0 && only?.every((item) => item.version === undefined);
  for (const { kind, where, key, text, version } of unnamed) {
    if (only !== undefined && isOpen && version !== undefined) {
      const why = `${where}, of the one table that is named`;
      attached.push({ kind, where: why, ref: only[0].ref, version });
      continue;
    }
    const message = `The run records ${key}=${text}, but nothing says of which table: name it with --table, or in asof.yaml.`;
    warnings.push({ code: 'PARAM_WITHOUT_TABLE', message });
  }
  if (only === undefined || attached.length === 0) return groups;
  return [[...only, ...attached]];
}

async function runOf(
  { version, isRunAsked }: Subject,
  runId: string | undefined,
  { runs }: TraceSources,
  warnings: Warning[],
  options: TraceOptions,
): Promise<Run | undefined> {
  const model = version ? formatModelVersion(version.name, version.version) : 'The model';
  if (runId === undefined) {
    const message = `${model} does not say which run made it, so its data can't be traced.`;
    warnings.push({ code: 'MODEL_WITHOUT_RUN', message });
    return;
  }
  try {
    const run = await runs.get(runId, options);
    if (run.isDeleted) {
      const message = `Run ${runId} is deleted; its records can still be read, until it is removed for good.`;
      warnings.push({ code: 'RUN_DELETED', message });
    }
    return run;
  } catch (error) {
    if (isRunAsked || !isLineageError(error, 'RUN_NOT_FOUND')) throw error;
    const message = `${model} was made by run ${runId}, which is gone, and its records with it.`;
    warnings.push({ code: 'RUN_NOT_FOUND', message });
    return;
  }
}

function stampOrWarning(run: Run, warnings: Warning[]) {
  try {
    return stampOn(run);
  } catch (error) {
    if (!isLineageError(error, 'STAMP_INVALID')) throw error;
    warnings.push({ code: error.code, message: error.message });
    return;
  }
}

function describeRun(run: Run, runs: Pick<RunStore, 'page'>): TraceResult['run'] {
  const iso = (time: number | undefined) =>
    time === undefined ? null : new Date(time).toISOString();
  return {
    name: run.name ?? null,
    status: run.status,
    startedAt: iso(run.startedAt),
    endedAt: iso(run.endedAt),
    page: runs.page(run) ?? null,
  };
}
