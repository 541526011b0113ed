import { isLineageError } from '../base/errors.ts';
import type { DeltaTable, DeltaTables } from '../delta/delta-table.ts';
import type { Commit } from '../delta/table-history.ts';
import type { Moment } from '../delta/table-ref.ts';
import { type CallOptions, openTable } from './find-table.ts';
import type { LineageResult, Upstream } from './result/lineage.ts';
import type { Warning } from './result/parts.ts';
import type { StreamSource } from './wire-stream-offsets.ts';

export interface UpstreamOptions extends CallOptions {
  /** The sources of an epoch of a streaming query, from its checkpoint; undefined where that is another query's or has no such epoch. */
  readonly offsetsOf?: (
    queryId: string,
    epoch: string,
  ) => Promise<readonly StreamSource[] | undefined>;
}

/** Of how many sources what lies above them is looked at. */
const mostTables = 10;

/**
 * Where the rows of a table version come from, as far as the log says: CLONE and RESTORE name their source and its version, a streaming
 * query's checkpoint has the table id and version of each source. MERGE, WRITE and UPDATE record no source, and nothing is guessed.
 *
 * @throws LineageError what `TableHistory.resolve` throws
 */
export async function tableUpstream(
  table: DeltaTable,
  moment: Moment,
  tables: DeltaTables,
  options: UpstreamOptions,
): Promise<LineageResult> {
  const call = options.signal ? { signal: options.signal } : {};
  const { version } = await table.history.resolve(moment, call);
  const { tableId } = await table.snapshots.at(version, call);
  const warnings: Warning[] = [];
  const commits = await commitsUntil(table, version, call);
  warnings.push(...cutIn(table.name, commits));
  const seen = new Map([[placeOf(table, version), { tableId, upstream: [] }]]);
  return {
    schemaVersion: 1,
    table: { ref: table.name, id: tableId, location: table.location },
    version,
    upstream: [...(await sourcesOf(table, commits, tables, seen, warnings, options))],
    writers: writersOf(commits),
    unknown: unknownOf(commits),
    warnings,
  };
}

function cutIn(name: string, commits: readonly Commit[]): readonly Warning[] {
  const oldest = commits.at(-1)?.version;
  if (oldest === undefined || oldest === 0) return [];
  const message = `The log of ${name} begins at v${oldest}: what came before is not known.`;
  return [{ code: 'HISTORY_CUT', message }];
}

/** What is known of a version that was looked at. */
interface Above {
  readonly tableId?: string;
  readonly upstream: readonly Upstream[];
}

/** By table and version; what is still looked at has nothing above it yet. */
type Seen = Map<string, Above>;

function placeOf({ location }: DeltaTable, version: number): string {
  return `${version} ${location}`;
}

async function commitsUntil(
  table: DeltaTable,
  version: number,
  options: CallOptions,
): Promise<readonly Commit[]> {
  const commits: Commit[] = [];
  for await (const commit of table.history.commits(options)) {
    if (commit.version <= version) commits.push(commit);
  }
  return commits;
}

async function sourcesOf(
  table: DeltaTable,
  commits: readonly Commit[],
  tables: DeltaTables,
  seen: Seen,
  warnings: Warning[],
  options: UpstreamOptions,
): Promise<readonly Upstream[]> {
  const found: Upstream[] = [];
  for (const commit of commits) {
    const parameters = commit.operationParameters ?? {};
    if (commit.operation === 'RESTORE') {
      const version = wholeNumber(parameters['version']);
      const moment = parameters['timestamp'];
      found.push({
        kind: 'restore',
        ref: table.name,
        tableId: null,
        version: version ?? null,
        known: 'log',
        atVersion: commit.version,
        why:
          version === undefined
            ? `RESTORE names the moment ${moment ?? 'of nothing'}`
            : 'RESTORE names the version',
        upstream: [],
      });
    }
    if (commit.operation === 'CLONE') {
      const version = wholeNumber(parameters['sourceVersion']);
      const ref = sourceName(parameters['source'] ?? '');
      const above = await aboveSource(ref, version, tables, seen, warnings, options);
      found.push({
        kind: 'clone',
        ref,
        tableId: above.tableId ?? null,
        version: version ?? null,
        known: 'log',
        atVersion: commit.version,
        why: `CLONE names the source${version === undefined ? '' : ' and its version'}`,
        upstream: above.upstream,
      });
    }
    const { queryId, epochId } = parameters;
    if (commit.operation === 'STREAMING UPDATE' && queryId && epochId) {
      for (const source of (await options.offsetsOf?.(queryId, epochId)) ?? []) {
        found.push({
          kind: 'stream',
          ref: source.tableId,
          tableId: source.tableId,
          version: source.version,
          known: 'streaming-checkpoint',
          atVersion: commit.version,
          why: `epoch ${epochId} of query ${queryId} read it up to ${source.isWholeVersion ? 'the end of' : 'a file in'} this version`,
          upstream: [],
        });
      }
    }
  }
  return found;
}

/** What lies above a source: its own sources up to the version named. */
async function aboveSource(
  ref: string,
  version: number | undefined,
  tables: DeltaTables,
  seen: Seen,
  warnings: Warning[],
  options: UpstreamOptions,
): Promise<Above> {
  const opened = openTable(ref, tables);
  if (opened.failure || version === undefined) return { upstream: [] };
  const { table } = opened;
  const place = placeOf(table, version);
  const known = seen.get(place);
  if (known !== undefined) return known;
  if (seen.size > mostTables) {
    const message = `${ref}@v${version} and what lies above it was not looked at: that is done for ${mostTables} versions`;
    warnings.push({ code: 'TABLE_UNCHECKED', message });
    return { upstream: [] };
  }
  seen.set(place, { upstream: [] });
  const call = options.signal ? { signal: options.signal } : {};
  try {
    const commits = await commitsUntil(table, version, call);
    warnings.push(...cutIn(table.name, commits));
    const { tableId } = await table.snapshots.at(version, call);
    seen.set(place, { tableId, upstream: [] });
    const upstream = await sourcesOf(table, commits, tables, seen, warnings, options);
    const above = { tableId, upstream };
    seen.set(place, above);
    return above;
  } catch (error) {
    if (!isLineageError(error)) throw error;
    const message = `${ref}@v${version} was not looked at: ${error.code}: ${error.message}`;
    warnings.push({ code: 'TABLE_UNCHECKED', message });
    return { upstream: [] };
  }
}

/** ``delta.`file:/data/t` `` is the location. */
function sourceName(source: string): string {
  const location = /^(?:delta|parquet|iceberg)\.`(.+)`$/i.exec(source)?.[1] ?? source;
  return location.replace(/^file:(?:\/\/)?(?=\/)/i, '');
}

function wholeNumber(text: string | null | undefined): number | undefined {
  return text != null && /^\d+$/.test(text) ? Number(text) : undefined;
}

type Writer = LineageResult['writers'][number];

function writersOf(commits: readonly Commit[]): Writer[] {
  const writers = new Map<string, Writer>();
  const add = (kind: Writer['kind'], id: unknown, name: unknown, version: number) => {
    if (id === undefined || id === null) return;
    const key = `${kind} ${String(id)}`;
    const known = writers.get(key) ?? {
      kind,
      id: String(id),
      name: typeof name === 'string' ? name : null,
      versions: [],
    };
    writers.set(key, { ...known, versions: [version, ...known.versions] });
  };
  for (const { version, job, notebook, operation, operationParameters } of commits) {
    add('job', job?.['jobId'], job?.['jobName'], version);
    add('notebook', notebook?.['notebookId'], undefined, version);
    if (operation === 'STREAMING UPDATE')
      add('query', operationParameters?.['queryId'], null, version);
  }
  return [...writers.values()];
}

const reasons: Readonly<Record<string, string>> = {
  MERGE: 'MERGE records its predicates, not its source table',
  'STREAMING UPDATE':
    "the log has the query and the epoch; the sources are in the query's checkpoint: give it with --checkpoint",
};
/** They bring no rows from elsewhere. */
const withoutSource =
  /^(CLONE|RESTORE|OPTIMIZE|VACUUM|SET |UNSET |ADD |DROP |RENAME |CHANGE |UPDATE SCHEMA|UPGRADE|COMPUTE|REORG|CLUSTER|DELETE|TRUNCATE|CREATE TABLE$|REMOVE)/i;

function unknownOf(commits: readonly Commit[]): LineageResult['unknown'] {
  const found = new Map<string, number[]>();
  for (const { version, operation = 'an operation without a name' } of commits) {
    if (withoutSource.test(operation)) continue;
    found.set(operation, [version, ...(found.get(operation) ?? [])]);
  }
  return [...found].map(([operation, versions]) => ({
    operation,
    versions,
    why: reasons[operation] ?? 'the log does not say where the rows came from',
  }));
}
