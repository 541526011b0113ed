import { isLineageError } from '../base/errors.ts';
import { mapParallel } from '../base/parallel.ts';
import { formatModelVersion } from '../registry/model-ref.ts';
import type { Run } from '../registry/run.ts';
import type { RunStore } from '../registry/run-store.ts';
import { uniqueAlias } from './alias.ts';
import { evidenceOn } from './evidence.ts';
import { groupByTable, type TableEvidence } from './group-evidence.ts';
import { judgeLink, placesOf } from './judge-link.ts';
import type { Readability } from './readability.ts';
import type { Warning } from './result/parts.ts';
import type { TraceResult } from './result/trace.ts';
import type { Stamp } from './stamp.ts';
import type { Subject } from './subjects.ts';
import type { TableStates } from './table-states.ts';
import type { TraceOptions, TraceSources } from './trace-sources.ts';
import { stampOn } from './wire-stamp.ts';

/** Runs asked for at once. */
const runsAtOnce = 16;

/** What the records of one subject say, before any table was looked at. */
export interface SubjectRecords {
  readonly subject: Subject;
  readonly run: Run | undefined;
  readonly stamp: Stamp | undefined;
  readonly uses: readonly TableEvidence[];
  readonly warnings: readonly Warning[];
}

/**
 * Gathers what runs record, several runs at a time, and announces to `states` which versions will be asked about.
 *
 * @throws LineageError RUN_NOT_FOUND for a run that was asked for itself
 */
export async function gatherRecords(
  subjects: readonly Subject[],
  sources: TraceSources,
  states: TableStates,
  options: TraceOptions,
): Promise<readonly SubjectRecords[]> {
  return await mapParallel(
    subjects,
    runsAtOnce,
    async (subject) => {
      const warnings: Warning[] = [];
      const run = await runOf(subject, sources, warnings, options);
      if (run === undefined) return { subject, run, stamp: undefined, uses: [], warnings };
      const stamp = stampOrWarning(run, warnings);
      const found = evidenceOn(run, stamp, options.versionParams ?? []);
      const uses = groupByTable(found.evidence, sources.tables);
      for (const evidence of uses) {
        const version = evidence.find((item) => item.version !== undefined)?.version;
        if (version !== undefined) states.expect(placesOf(evidence), version);
      }
      return { subject, run, stamp, uses, warnings: [...warnings, ...found.warnings] };
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
  if (run !== undefined) {
    for (const evidence of uses) {
      const judged = await judgeLink(run, evidence, { ...options, states, holds });
      const taken = links.map(({ alias }) => alias);
      links.push({ ...judged.link, alias: uniqueAlias(judged.link.alias, taken) });
      readabilities.push(judged.readability);
      warnings.push(...judged.warnings);
    }
    if (links.length === 0) {
      const message = `Run ${run.id} records no Delta table that it was trained on.`;
      warnings.push({ code: 'NOTHING_RECORDED', message });
    }
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
    code: stamp?.code ?? null,
    links,
    warnings,
  };
  return { result, readabilities };
}

async function runOf(
  { runId, version, isRunAsked }: Subject,
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

function describeRun(run: Run, runs: RunStore): TraceResult['run'] {
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
