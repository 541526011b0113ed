import { isLineageError } from '../base/errors.ts';
import { summarize } from '../delta/snapshot-summary.ts';
import type { Run } from '../registry/run.ts';
import type { RunSearch, RunTagger } from '../registry/run-search.ts';
import type { RunStore } from '../registry/run-store.ts';
import type { StampJournal } from '../registry/stamp-journal.ts';
import { type CallOptions, openTable } from './find-table.ts';
import { type EvidenceSources, isUnlooked } from './gather-evidence.ts';
import type { GatherOptions } from './recorder-evidence.ts';
import { rememberingSources } from './remembering-sources.ts';
import type { BackfillLine } from './result/backfill.ts';
import type { Warning } from './result/parts.ts';
import type { Link } from './result/trace.ts';
import { recordOf, type Stamp, type StampedTable, stampTag } from './stamp.ts';
import { type TableStates, tableStates } from './table-states.ts';
import { gatherRecords, judgeSubject, type SubjectRecords } from './trace-subject.ts';

export interface BackfillOptions extends GatherOptions {
  readonly now: number;
  /** The version of asof, for the stamps. */
  readonly asof: string;
  /** Below this a version is not sure enough to be stamped: 0 to 1. */
  readonly minConfidence: number;
  /** Writes the stamps; otherwise they are only proposed. */
  readonly isApplied: boolean;
  /** Runs looked at so far. */
  readonly onProgress?: (runs: number) => void;
}

export interface BackfillSources extends EvidenceSources {
  readonly runs: RunStore;
  readonly search: RunSearch;
  readonly tagger: RunTagger;
  readonly journal: StampJournal;
}

/** How many runs are looked at, and written, together: for each such batch a table's log may have to be read anew, further back. */
const batchSize = 2000;

/** How many runs are written between two looks at whether to stop: what came to a run comes to the journal too. */
const writtenAtOnce = 50;

/**
 * Proposes a stamp for every run that has none and records some table, newest first, and writes it where asked to. A run whose records
 * disagree, or of which one table is not sure enough, is left as it is. Each run is stamped at once or not at all, so that it can be
 * stopped and called again: runs that are stamped are passed over.
 */
export async function* backfill(
  given: BackfillSources,
  options: BackfillOptions,
): AsyncGenerator<BackfillLine, void, void> {
  const call: CallOptions = options.signal ? { signal: options.signal } : {};
  const sources = rememberingSources(given);
  const states = tableStates(sources.tables, { ...call, now: options.now });
  // Most runs may record nothing, and searching the files of each would take a request or more.
  const brief = { ...options, isBrief: true };
  let looked = 0;
  let batch: Run[] = [];
  async function* judgeBatch(): AsyncGenerator<BackfillLine, void, void> {
    const subjects = batch.map((run) => ({ run, runId: run.id, isRunAsked: true }));
    const proposals: Proposal[] = [];
    for (const records of await gatherRecords(subjects, sources, states, brief)) {
      call.signal?.throwIfAborted();
      const { run, uses } = records;
      if (run === undefined || uses.length === 0) continue;
      proposals.push(await propose({ ...records, run }, states, sources, options));
    }
    looked += batch.length;
    batch = [];
    options.onProgress?.(looked);
    if (!options.isApplied) return yield* proposals.map(({ line }) => line);
    for (let start = 0; start < proposals.length; start += writtenAtOnce) {
      call.signal?.throwIfAborted();
      yield* await written(proposals.slice(start, start + writtenAtOnce), sources);
    }
  }
  for await (const run of sources.search.all(call)) {
    // What is deleted can't be written to; what is stamped needs nothing.
    if (run.isDeleted || run.tags[stampTag] !== undefined) continue;
    batch.push(run);
    if (batch.length < batchSize) continue;
    yield* judgeBatch();
  }
  yield* judgeBatch();
}

interface Proposal {
  readonly line: BackfillLine;
  readonly stamp?: Stamp;
}

async function propose(
  records: SubjectRecords & { readonly run: Run },
  states: TableStates,
  sources: EvidenceSources,
  options: BackfillOptions,
): Promise<Proposal> {
  const call = options.signal ? { signal: options.signal } : {};
  const { run } = records;
  const { result } = await judgeSubject(records, sources, states, options);
  const { links, warnings } = result;
  const why = reasonToLeave(links, warnings, options.minConfidence);
  const stamped = why === undefined ? await stampedTables(links, sources, call) : [];
  const isComplete = stamped.length === links.length && links.length > 0;
  const line: BackfillLine = {
    schemaVersion: 1,
    runId: run.id,
    name: run.name ?? null,
    startedAt: run.startedAt === undefined ? null : new Date(run.startedAt).toISOString(),
    action: isComplete ? 'stamp' : 'leave',
    tables: links.map(({ table, version, certainty, confidence, evidence }) => ({
      ref: table.ref,
      version,
      certainty,
      confidence,
      evidence: evidence.map(({ where }) => where),
    })),
    why:
      why ?? (isComplete ? links.map((link) => link.why).join('; ') : 'a table can’t be looked at'),
    isWritten: null,
  };
  if (!isComplete) return { line };
  const at = new Date(options.now).toISOString();
  return { line, stamp: { v: 1, at, asof: options.asof, tables: stamped } };
}

function reasonToLeave(
  links: readonly Link[],
  warnings: readonly Warning[],
  minConfidence: number,
): string | undefined {
  for (const { table, certainty, confidence, why } of links) {
    if (certainty !== 'recorded' && certainty !== 'inferred') {
      return `${table.ref} is ${certainty}: ${why}`;
    }
    if (confidence < minConfidence) {
      return `${table.ref} is ${certainty} with confidence ${confidence} only: ${why}`;
    }
  }
  const unlooked = warnings.find(isUnlooked);
  if (unlooked !== undefined && links.some(({ certainty }) => certainty === 'inferred')) {
    return `a version is inferred, and not all was looked at that may say it: ${unlooked.message}`;
  }
  return warnings.find(({ code }) => code === 'VERSION_DOUBTFUL')?.message;
}

async function stampedTables(
  links: readonly Link[],
  { tables }: EvidenceSources,
  call: CallOptions,
): Promise<readonly StampedTable[]> {
  const stamped: StampedTable[] = [];
  for (const { alias, table, version, committedAt, certainty, confidence, why } of links) {
    if (version === null || (certainty !== 'recorded' && certainty !== 'inferred')) continue;
    const opened = openTable(table.location ?? table.ref, tables);
    if (opened.failure) continue;
    try {
      const snapshot = await opened.table.snapshots.at(version, call);
      const { digest, rows } = await summarize(snapshot, call);
      stamped.push({
        alias,
        ref: table.ref,
        location: opened.table.location,
        id: snapshot.tableId,
        version,
        ...(committedAt !== null && { committedAt }),
        digest,
        ...(rows !== undefined && { rows }),
        backfilled: { certainty, confidence, why: why.slice(0, 500) },
      });
    } catch (error) {
      if (!isLineageError(error)) throw error;
    }
  }
  return stamped;
}

async function written(
  proposals: readonly Proposal[],
  { runs, tagger, journal }: BackfillSources,
): Promise<readonly BackfillLine[]> {
  const stamped = proposals.flatMap(({ line, stamp }) =>
    stamp === undefined ? [] : [{ runId: line.runId, stamp, tags: recordOf(stamp).tags }],
  );
  const failed = new Set(await tagger.setTags(stamped));
  for (const { runId, stamp } of stamped) {
    if (failed.has(runId)) continue;
    await journal.keep({ store: runs.title, runId, stamp: JSON.stringify(stamp) });
  }
  return proposals.map(({ line, stamp }) =>
    stamp === undefined ? line : { ...line, isWritten: !failed.has(line.runId) },
  );
}
