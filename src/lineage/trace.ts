import { isLineageError } from '../base/errors.ts';
import type { DeltaTables } from '../delta/delta-table.ts';
import { formatModelVersion, type ModelRef } from '../registry/model-ref.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import type { Run } from '../registry/run.ts';
import type { RunStore } from '../registry/run-store.ts';
import { uniqueAlias } from './alias.ts';
import { evidenceOn, type VersionParam } from './evidence.ts';
import type { CallOptions } from './find-table.ts';
import { groupByTable } from './group-evidence.ts';
import { judgeLink } from './judge-link.ts';
import type { Warning } from './result/parts.ts';
import type { TraceResult } from './result/trace.ts';
import { type Subject, subjectsOf } from './subjects.ts';
import { stampOn } from './wire-stamp.ts';

export interface TraceSources {
  readonly tables: DeltaTables;
  readonly runs: RunStore;
  readonly models: ModelRegistry;
}

export interface TraceOptions extends CallOptions {
  /** Parameters that hold versions under names of their own. */
  readonly versionParams?: readonly VersionParam[];
  /** Epoch milliseconds. */
  readonly now: number;
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
  for (const subject of await subjectsOf(ref, sources, options)) {
    yield await traceSubject(subject, sources, options);
  }
}

async function traceSubject(
  subject: Subject,
  sources: TraceSources,
  options: TraceOptions,
): Promise<TraceResult> {
  const warnings: Warning[] = [];
  const run = await runOf(subject, sources, warnings, options);
  const stamp = run && stampOrWarning(run, warnings);
  const links: TraceResult['links'] = [];
  if (run !== undefined) {
    const found = evidenceOn(run, stamp, options.versionParams ?? []);
    warnings.push(...found.warnings);
    for (const evidence of groupByTable(found.evidence, sources.tables)) {
      const judged = await judgeLink(run, evidence, { ...options, tables: sources.tables });
      const taken = links.map(({ alias }) => alias);
      links.push({ ...judged.link, alias: uniqueAlias(judged.link.alias, taken) });
      warnings.push(...judged.warnings);
    }
    if (links.length === 0) {
      const message = `Run ${run.id} records no Delta table that it was trained on.`;
      warnings.push({ code: 'NOTHING_RECORDED', message });
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
    code: stamp?.code ?? null,
    links,
    warnings,
  };
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
