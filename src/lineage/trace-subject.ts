import { isLineageError } from '../base/errors.ts';
import { mapParallel } from '../base/parallel.ts';
import { formatModelVersion } from '../registry/model-ref.ts';
import type { Run } from '../registry/run.ts';
import type { RunStore } from '../registry/run-store.ts';
import { uniqueAlias } from './alias.ts';
import { askedAhead } from './ask-ahead.ts';
import type { FoundEvidence } from './evidence.ts';
import { gatherEvidence, keptStamp } from './gather-evidence.ts';
import { groupByTable, type TableEvidence } from './group-evidence.ts';
import { announce, judgeLink } from './judge-link.ts';
import { type ModelMakers, makersOf } from './model-makers.ts';
import type { Readability } from './readability.ts';
import { otherRun } from './recorder-evidence.ts';
import type { Warning } from './result/parts.ts';
import type { TraceResult } from './result/trace.ts';
import type { Stamp } from './stamp.ts';
import type { Subject } from './subjects.ts';
import { suspectedLinks } from './suspected-links.ts';
import type { TableStates } from './table-states.ts';
import type { TraceOptions, TraceSources } from './trace-sources.ts';
import { stampOn } from './wire-stamp.ts';
import { withUnnamed } from './with-unnamed.ts';

/** Runs asked for at once. */
const runsAtOnce = 16;

/** What the records of one subject say, before any table was looked at. */
export interface SubjectRecords {
  readonly subject: Subject;
  /** The run that the subject names. */
  readonly named: Run | undefined;
  /** The run that made the model's files, where that is another; else the one named. */
  readonly run: Run | undefined;
  readonly stamp: Stamp | undefined;
  readonly uses: readonly TableEvidence[];
  readonly warnings: readonly Warning[];
}

/**
 * Gathers what runs record, several runs at a time, and announces to `states` which versions will be asked about.
 *
 * @param given many runs name the same places and datasets: see `rememberingSources`
 *
 * @throws LineageError RUN_NOT_FOUND for a run that was asked for itself
 */
export async function gatherRecords(
  subjects: readonly Subject[],
  given: TraceSources,
  states: TableStates,
  options: TraceOptions,
): Promise<readonly SubjectRecords[]> {
  const sources = await askedAhead(subjects, given, options);
  const places = new Map<string, readonly string[]>();
  return await mapParallel(
    subjects,
    runsAtOnce,
    async (subject) => {
      const warnings: Warning[] = [];
      const makers = await makersOf(subject, sources.models, options);
      const named = await runOf(subject, makers.named, sources, warnings, options);
      const run = (await runOfFiles(subject, named, makers, sources, warnings, options)) ?? named;
      const stamp =
        run === undefined
          ? await keptStamp(makers.files ?? makers.named, sources)
          : stampOrWarning(run, warnings);
      const { loggedModelId } = makers;
      const { version } = subject;
      const found = await gatherEvidence({ run, stamp, loggedModelId, version }, sources, options);
      const other = named !== undefined && named !== run ? [namedRun(named, options)] : [];
      const all = [found, ...other];
      warnings.push(...all.flatMap((part) => part.warnings));
      const uses = withUnnamed(
        groupByTable(
          all.flatMap((part) => part.evidence),
          sources.tables,
          places,
        ),
        all.flatMap((part) => part.unnamed),
        warnings,
      );
      announce(run, uses, states);
      return { subject, named, run, stamp, uses, warnings };
    },
    options,
  );
}

/** What the tables say to the records of one subject. */
export async function judgeSubject(
  { subject, run, stamp, uses, ...records }: SubjectRecords,
  { runs, holds }: TraceSources,
  states: TableStates,
  options: TraceOptions,
): Promise<{
  readonly result: TraceResult;
  /** Of each link. */
  readonly readabilities: readonly Readability[];
}> {
  const warnings: Warning[] = [...records.warnings];
  const links: TraceResult['links'] = [];
  const readabilities: Readability[] = [];
  for (const evidence of uses) {
    const judged = await judgeLink(evidence[0].of ?? run, evidence, { ...options, states, holds });
    const taken = links.map(({ alias }) => alias);
    links.push({ ...judged.link, alias: uniqueAlias(judged.link.alias, taken) });
    readabilities.push(judged.readability);
    warnings.push(...judged.warnings);
  }
  if (run !== undefined && links.length === 0) {
    const message = `Run ${run.id} records no Delta table that it was trained on.`;
    warnings.push({ code: 'NOTHING_RECORDED', message });
    const guesses = await suspectedLinks(run, options.suspects ?? [], states, options);
    links.push(...guesses.links);
    readabilities.push(...guesses.readabilities);
    warnings.push(...guesses.warnings);
  }
  const { version } = subject;
  const result: TraceResult = {
    schemaVersion: 1,
    model: {
      name: version?.name ?? subject.loggedModel?.name ?? null,
      version: version?.version ?? null,
      stages: version?.stage === undefined ? [] : [version.stage],
      aliases: [...(version?.aliases ?? [])],
      runId: subject.runId ?? null,
      loggedModelId: version?.loggedModelId ?? subject.loggedModel?.id ?? null,
    },
    run: run ? describeRun(run, runs) : null,
    code: stamp?.code ?? (run ? codeOf(run) : null),
    links,
    warnings,
  };
  return { result, readabilities };
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

async function runOf(
  { version, run: atHand, isRunAsked }: Subject,
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
    const run = atHand ?? (await runs.get(runId, options));
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
