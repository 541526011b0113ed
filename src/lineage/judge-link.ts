import { isLineageError, type LineageError } from '../base/errors.ts';
import type { DeltaTables } from '../delta/delta-table.ts';
import type { DataFileIdentity } from '../delta/snapshot.ts';
import { summarize } from '../delta/snapshot-summary.ts';
import { isSnapshot } from '../delta/version-facts.ts';
import type { Run } from '../registry/run.ts';
import { defaultAlias } from './alias.ts';
import type { Evidence } from './evidence.ts';
import { type CallOptions, type FoundTable, findTable } from './find-table.ts';
import type { TableEvidence } from './group-evidence.ts';
import { type Readability, readability } from './readability.ts';
import type { Warning } from './result/parts.ts';
import type { Link } from './result/trace.ts';

/** What is known of a run's use of one table: the version, how surely, and whether it can still be read. */
export async function judgeLink(
  run: Run,
  evidence: TableEvidence,
  options: CallOptions & { readonly tables: DeltaTables; readonly now: number },
): Promise<{ readonly link: Link; readonly warnings: readonly Warning[] }> {
  const call = options.signal && { signal: options.signal };
  const [strongest] = evidence;
  const { stamped } = strongest;
  const chosen = evidence.find(({ version }) => version !== undefined);
  const identified = evidence.find((item) => item.id !== undefined);
  const id = identified?.id;
  const places = evidence.flatMap(({ ref, location }) => [ref, ...(location ? [location] : [])]);
  const found = await findTable(places, id, options.tables, call ?? {});
  const table = 'failure' in found ? undefined : found;

  const version =
    table?.isSame && chosen?.version !== undefined
      ? await lookUpVersion(table, chosen.version, options.now, call ?? {})
      : undefined;
  const conflicts = [
    ...evidence
      .filter((item) => item.version !== undefined && item.version !== chosen?.version)
      .map((item) => `${item.where} says version ${item.version}`),
    ...evidence
      .filter((item) => item.id !== undefined && item.id !== id)
      .map((item) => `${item.where} names table id ${item.id}`),
    ...impossibilities(run, chosen, identified, table, version),
  ];
  const state = stateOf(found, version, chosen);
  const committedAt = version?.committedAt ?? undefined;

  const link: Link = {
    alias: evidence.find(({ alias }) => alias)?.alias ?? defaultAlias(strongest.ref),
    table: {
      ref: strongest.ref,
      id: id ?? table?.latest.tableId ?? null,
      location: table?.latest.location ?? table?.table.location ?? strongest.location ?? null,
    },
    version: chosen?.version ?? null,
    committedAt:
      committedAt === undefined
        ? (stamped?.committedAt ?? null)
        : new Date(committedAt).toISOString(),
    operation: version?.operation ?? null,
    ...certaintyOf(chosen, conflicts, table),
    evidence: evidence.map((item) => ({
      kind: item.kind,
      where: item.where,
      version: item.version ?? null,
    })),
    conflicts,
    candidates: chosen === undefined ? await candidatesOf(run, table, call ?? {}) : [],
    state: state.state,
    stateReason: state.reason ?? null,
    digest: stamped?.digest ?? null,
    rows: stamped?.rows ?? null,
    read: stamped?.read ?? null,
  };
  return { link, warnings: warningsOf(strongest.ref, found) };
}

interface FoundVersion {
  readonly committedAt?: number;
  readonly operation?: string;
  readonly digest?: string;
  readonly readability?: Readability;
  /** Why the version can't be looked at, or not wholly. */
  readonly failure?: LineageError;
}

async function lookUpVersion(
  { table, latest }: FoundTable,
  version: number,
  now: number,
  options: CallOptions,
): Promise<FoundVersion> {
  let known: FoundVersion = {};
  try {
    known = await table.history.resolve({ kind: 'version', version }, options);
    const isLatest = version === latest.version;
    const snapshot = isLatest ? latest : await table.facts.at(version, options);
    if (!isSnapshot(snapshot)) return { ...known, readability: plannedByWarehouse };
    const files: DataFileIdentity[] = [];
    const onFiles = (batch: readonly DataFileIdentity[]) => void files.push(...batch);
    const { digest } = await summarize(snapshot, { onFiles, ...options });
    known = { ...known, digest };
    const ageMs = known.committedAt === undefined ? undefined : now - known.committedAt;
    const at = { isLatest, ageMs };
    return { ...known, readability: await readability(table, snapshot, files, at, options) };
  } catch (error) {
    if (!isLineageError(error)) throw error;
    return { ...known, failure: error };
  }
}

const plannedByWarehouse: Readability = {
  state: 'unknown',
  reason:
    'the warehouse has the version and does not refuse it; whether all of its files are there shows only when every row is read',
};

/** What can't be true of the record that was chosen. */
function impossibilities(
  run: Run,
  chosen: Evidence | undefined,
  identified: Evidence | undefined,
  table: FoundTable | undefined,
  found: FoundVersion | undefined,
): readonly string[] {
  const problems: string[] = [];
  if (chosen === undefined || table === undefined) return problems;
  if (!table.isSame && chosen.kind !== 'stamp') {
    problems.push(
      `the table there has id ${table.latest.tableId}, ${identified?.where} names id ${identified?.id}`,
    );
  }
  if (isLineageError(found?.failure, 'VERSION_TOO_NEW')) {
    problems.push(
      `the table has no version ${chosen.version}: its latest is ${table.latest.version}`,
    );
  }
  const { committedAt } = found ?? {};
  const isLater =
    committedAt !== undefined && run.startedAt !== undefined && committedAt > run.startedAt;
  if (isLater && chosen.kind !== 'stamp') {
    problems.push(`version ${chosen.version} was committed after the run had started`);
  }
  const digest = chosen.stamped?.digest;
  if (found?.digest !== undefined && digest !== undefined && found.digest !== digest) {
    problems.push(
      `the log says otherwise now: snapshot digest ${found.digest}, stamped was ${digest}`,
    );
  }
  return problems;
}

function certaintyOf(
  chosen: Evidence | undefined,
  conflicts: readonly string[],
  table: FoundTable | undefined,
): Pick<Link, 'certainty' | 'confidence' | 'why'> {
  if (chosen === undefined) {
    const why =
      'the table is named, its version is not; an absent version is neither 0 nor the latest';
    return { certainty: 'unknown', confidence: 0, why };
  }
  if (conflicts.length > 0) {
    return {
      certainty: 'conflicting',
      confidence: 0.5,
      why: `${chosen.where} is the strongest record, but ${conflicts.join('; ')}`,
    };
  }
  if (chosen.kind === 'stamp') {
    return { certainty: 'stamped', confidence: 1, why: 'asof stamped it, and read it back' };
  }
  const confidence = chosen.kind === 'dataset-input' ? 0.9 : 0.8;
  if (table === undefined) {
    const why = `${chosen.where}; the table can't be looked at, so nothing confirms it`;
    return { certainty: 'recorded', confidence: confidence - 0.3, why };
  }
  const why = `${chosen.where}; the version was there when the run started`;
  return { certainty: 'recorded', confidence, why };
}

/** What the version may have been, where a record leaves it out. */
async function candidatesOf(
  run: Run,
  found: FoundTable | undefined,
  options: CallOptions,
): Promise<Link['candidates']> {
  const zero = { version: 0, why: 'MLflow leaves version 0 out when it records a table' };
  if (found === undefined || run.startedAt === undefined) return [zero];
  try {
    const moment = { kind: 'instant', instant: run.startedAt } as const;
    const { version } = await found.table.history.resolve(moment, options);
    if (version === 0) return [{ version, why: `${zero.why}, and it was the latest at the start` }];
    return [{ version, why: 'it was the latest when the run started' }, zero];
  } catch (error) {
    if (!isLineageError(error)) throw error;
    const wasThere = !isLineageError(error, 'MOMENT_TOO_EARLY') || error.details.oldestVersion > 0;
    return wasThere ? [zero] : [];
  }
}

function stateOf(
  found: FoundTable | { readonly failure: LineageError },
  version: FoundVersion | undefined,
  chosen: Evidence | undefined,
): Readability {
  if ('failure' in found) return { state: 'unknown', reason: found.failure.message };
  if (!found.isSame) {
    const reason = `the table there now has id ${found.latest.tableId}`;
    return { state: 'replaced', reason };
  }
  if (chosen === undefined) return { state: 'unknown', reason: 'no version is known' };
  if (version?.readability !== undefined) return version.readability;
  const { failure } = version ?? {};
  const isLogLost =
    isLineageError(failure, 'VERSION_TOO_OLD') ||
    isLineageError(failure, 'LOG_GAP') ||
    isLineageError(failure, 'LOG_DAMAGED') ||
    isLineageError(failure, 'CHECKPOINT_DAMAGED');
  const reason = failure?.message ?? 'it could not be looked at';
  if (isLineageError(failure, 'VERSION_REFUSED')) return { state: 'refused', reason };
  return { state: isLogLost ? 'log-lost' : 'unknown', reason };
}

function warningsOf(
  ref: string,
  found: FoundTable | { readonly failure: LineageError },
): readonly Warning[] {
  if ('failure' in found) {
    const { code, message } = found.failure;
    return [{ code: 'TABLE_UNCHECKED', message: `${ref} was not looked at: ${code}: ${message}` }];
  }
  if (found.isSame) return [];
  return [
    {
      code: 'TABLE_REPLACED',
      message: `${ref} is another table now than the one recorded: it was dropped and made again, or points elsewhere.`,
    },
  ];
}
