import { isLineageError, type LineageError } from '../base/errors.ts';
import type { Run } from '../registry/run.ts';
import { defaultAlias } from './alias.ts';
import type { Evidence } from './evidence.ts';
import type { CallOptions, FoundTable } from './find-table.ts';
import type { TableEvidence } from './group-evidence.ts';
import { soundHold } from './held.ts';
import { failureReadability, type Readability } from './readability.ts';
import type { Warning } from './result/parts.ts';
import type { Link } from './result/trace.ts';
import type { FoundVersion, TableStates } from './table-states.ts';
import type { Hold } from './wire-hold.ts';

export interface JudgedLink {
  readonly link: Link;
  /** The link's state, and how it can get worse. */
  readonly readability: Readability;
  readonly warnings: readonly Warning[];
}

/** What is known of a run's use of one table: the version, how surely, and whether it can still be read. */
export async function judgeLink(
  run: Run,
  evidence: TableEvidence,
  {
    states,
    holds = [],
    ...options
  }: CallOptions & { readonly states: TableStates; readonly holds?: readonly Hold[] | undefined },
): Promise<JudgedLink> {
  const call = options.signal && { signal: options.signal };
  const [strongest] = evidence;
  const { stamped } = strongest;
  const chosen = evidence.find(({ version }) => version !== undefined);
  const identified = evidence.find((item) => item.id !== undefined);
  const id = identified?.id;
  const found = await states.find(placesOf(evidence), id, chosen?.version);
  const table = 'failure' in found ? undefined : found;

  const version =
    table?.isSame && chosen?.version !== undefined
      ? await states.version(table.table, chosen.version)
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
  const held =
    chosen?.version === undefined
      ? undefined
      : await soundHold(
          { tableId: id, version: chosen.version, digest: stamped?.digest },
          holds,
          states,
        );

  const link: Link = {
    alias: evidence.find(({ alias }) => alias)?.alias ?? defaultAlias(strongest.ref),
    table: {
      ref: strongest.ref,
      id: id ?? table?.latest.tableId ?? null,
      location: table?.table.location ?? strongest.location ?? null,
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
    until: untilOf(state),
    hold: held?.path ?? null,
    digest: stamped?.digest ?? null,
    rows: stamped?.rows ?? null,
    read: stamped?.read ?? null,
  };
  return { link, readability: state, warnings: warningsOf(strongest.ref, found) };
}

/** Where the table of a record may be found. */
export function placesOf(evidence: TableEvidence): readonly string[] {
  return evidence.flatMap(({ ref, location }) => [ref, ...(location ? [location] : [])]);
}

function untilOf({ changes = [] }: Readability): string | null {
  const [first] = changes;
  return first === undefined ? null : new Date(first.at).toISOString();
}

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
  if (version?.failure !== undefined) return failureReadability(version.failure);
  return { state: 'unknown', reason: 'it could not be looked at' };
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
