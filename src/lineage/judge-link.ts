import { isLineageError, type LineageError } from '../base/errors.ts';
import type { Run } from '../registry/run.ts';
import { defaultAlias } from './alias.ts';
import { type Doubt, doubtRecord } from './doubt-record.ts';
import type { Evidence } from './evidence.ts';
import type { CallOptions, FoundTable } from './find-table.ts';
import type { TableEvidence } from './group-evidence.ts';
import { soundHold } from './held.ts';
import { type Inferred, inferVersion } from './infer-version.ts';
import { failureReadability, type Readability } from './readability.ts';
import type { Warning } from './result/parts.ts';
import type { Link } from './result/trace.ts';
import type { StampedTable } from './stamp.ts';
import type { FoundVersion, TableStates } from './table-states.ts';
import { validationOf } from './validation.ts';
import type { Hold } from './wire-hold.ts';

export interface JudgedLink {
  readonly link: Link;
  /** The link's state, and how it can get worse. */
  readonly readability: Readability;
  readonly warnings: readonly Warning[];
}

/**
 * What is known of a run's use of one table: the version, how surely, and whether it can still be read. Of a run that is gone there may
 * be records elsewhere.
 */
export async function judgeLink(
  run: Run | undefined,
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
  const identified = evidence.find((item) => item.id !== undefined);
  const id = identified?.id;
  const first = evidence.find(({ version }) => version !== undefined);
  const found = await states.find(placesOf(evidence), id, first?.version);
  const table = 'failure' in found ? undefined : found;
  const recorded = await choose(run, evidence, table, states);
  const inferred =
    recorded === undefined
      ? await inferVersion(run, evidence, table?.isSame ? table : undefined, { ...call, states })
      : undefined;
  const chosen = recorded ?? guessed(strongest, inferred);

  const lookUp = async (wanted: number | undefined) =>
    table?.isSame && wanted !== undefined ? await states.version(table.table, wanted) : undefined;
  let version = await lookUp(chosen?.version);
  const doubt =
    recorded !== undefined &&
    recorded.kind !== 'stamp' &&
    run !== undefined &&
    table?.isSame &&
    version?.failure === undefined
      ? await doubtRecord(run, recorded, evidence, table, { ...call, states })
      : undefined;
  const impossible = impossibilities(run, recorded, identified, table, version);
  if (doubt?.likelier !== undefined) version = await lookUp(doubt.likelier);
  const conflicts = [
    ...evidence
      .filter((item) => item.version !== undefined && item.version !== recorded?.version)
      .map((item) => `${item.where} says version ${item.version}`),
    ...evidence
      .filter((item) => item.id !== undefined && item.id !== id)
      .map((item) => `${item.where} names table id ${item.id}`),
    ...impossible,
    ...(doubt?.conflicts ?? []),
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

  const validated = run && stamped ? validationsOf(run, stamped) : { warnings: [] };
  const link: Link = {
    alias: evidence.find(({ alias }) => alias)?.alias ?? defaultAlias(strongest.ref),
    table: {
      ref: strongest.ref,
      id: id ?? table?.latest.tableId ?? null,
      location: table?.latest.location ?? table?.table.location ?? strongest.location ?? null,
    },
    version: doubt?.likelier ?? chosen?.version ?? null,
    committedAt:
      committedAt === undefined
        ? (stamped?.committedAt ?? null)
        : new Date(committedAt).toISOString(),
    operation: version?.operation ?? null,
    ...(inferred === undefined
      ? certaintyOf(recorded, conflicts, table, doubt, run?.startedAt !== undefined)
      : certaintyOfInferred(inferred, conflicts)),
    evidence: evidence.map((item) => ({
      kind: item.kind,
      where: item.where,
      version: item.version ?? null,
    })),
    conflicts,
    candidates: inferred?.candidates ?? doubt?.candidates ?? [],
    state: state.state,
    stateReason: state.reason ?? null,
    until: untilOf(state),
    hold: held?.path ?? null,
    digest: stamped?.digest ?? null,
    rows: stamped?.rows ?? null,
    read: stamped?.read ?? null,
    ...validated.validations,
  };
  const warnings = [
    ...warningsOf(strongest.ref, found),
    ...doubts(link, doubt),
    ...validated.warnings,
  ];
  return { link, readability: state, warnings };
}

function validationsOf(
  run: Run,
  stamped: StampedTable,
): { readonly validations?: Pick<Link, 'validations'>; readonly warnings: readonly Warning[] } {
  const found = validationOf(run, stamped);
  if (found === undefined) return { warnings: [] };
  const where = `The validation of ${stamped.ref} on run ${run.id}`;
  if ('problem' in found) {
    const message = `${where} is not shown: ${found.problem}.`;
    return { warnings: [{ code: 'VALIDATION_INVALID', message }] };
  }
  const { record, isBound } = found;
  if (!isBound) {
    const message = `${where} is about other data: v${record.table.version}, or another read specification.`;
    return { warnings: [{ code: 'VALIDATION_OF_OTHER_DATA', message }] };
  }
  const validations = record.results.map(({ suite, success, statistics, ranAt, gx, failed }) => ({
    suite,
    success,
    ...statistics,
    ranAt: ranAt ?? null,
    gx: gx ?? null,
    failed: failed.map(({ expectation, column }) => ({ expectation, column: column ?? null })),
    stampedAt: record.at,
  }));
  return { validations: { validations }, warnings: [] };
}

type Versioned = Evidence & { readonly version: number };

/**
 * The strongest record with a version. Where several of its kind disagree, as Spark's autologging does that lists all reads, the one
 * that was the latest when the run started.
 */
async function choose(
  run: Run | undefined,
  evidence: TableEvidence,
  table: FoundTable | undefined,
  states: TableStates,
): Promise<Versioned | undefined> {
  const versioned = evidence.filter((item): item is Versioned => item.version !== undefined);
  const [first] = versioned;
  if (first?.kind !== 'spark-datasource' || table === undefined || run?.startedAt === undefined) {
    return first;
  }
  const latest = await states.latestAt(table.table, run.startedAt);
  return versioned.find(({ kind, version }) => kind === first.kind && version === latest) ?? first;
}

/** The version inferred, as if somebody had recorded it. */
function guessed(strongest: Evidence, inferred: Inferred | undefined): Versioned | undefined {
  if (inferred?.version === undefined) return;
  const { ref } = strongest;
  return { kind: 'inferred', where: 'inferred', ref, version: inferred.version };
}

/** Tells which versions judging these records of a run will ask about, so that each log is read once for all. */
export function announce(
  run: Run | undefined,
  groups: readonly TableEvidence[],
  states: TableStates,
): void {
  for (const evidence of groups) {
    const places = placesOf(evidence);
    const recorded = evidence.find((item) => item.version !== undefined);
    if (recorded?.version !== undefined) states.expect(places, recorded.version);
    const startedAt = (evidence[0].of ?? run)?.startedAt;
    // A version that is recorded is held against others only by its rows: see `doubtRecord`.
    const isHeldAgainst =
      recorded === undefined
        ? evidence.some(isDescribed)
        : recorded.isSpark === true && evidence.some(({ rows }) => rows !== undefined);
    if (startedAt !== undefined && isHeldAgainst) states.expectBefore(places, startedAt);
  }
}

/** It says something that versions can be held against. */
function isDescribed({ rows, columns, files }: Evidence): boolean {
  return rows !== undefined || columns !== undefined || files !== undefined;
}

/** Where the table of a record may be found. */
export function placesOf(evidence: TableEvidence): readonly string[] {
  const places = new Set<string>();
  for (const { ref, location } of evidence) {
    places.add(ref);
    if (location) places.add(location);
  }
  return [...places];
}

function untilOf({ changes = [] }: Readability): string | null {
  const [first] = changes;
  return first === undefined ? null : new Date(first.at).toISOString();
}

/** What can't be true of the record that was chosen. */
function impossibilities(
  run: Run | undefined,
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
    committedAt !== undefined && run?.startedAt !== undefined && committedAt > run.startedAt;
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
  doubt: Doubt | undefined,
  isStartKnown: boolean,
): Pick<Link, 'certainty' | 'confidence' | 'why'> {
  if (chosen === undefined) throw new TypeError('what is not recorded is inferred');
  if (conflicts.length > 0) {
    return {
      certainty: 'conflicting',
      confidence: 0.5,
      why: `${chosen.where} is the strongest record, but ${conflicts.join('; ')}`,
    };
  }
  const { backfilled } = chosen.stamped ?? {};
  if (backfilled !== undefined) {
    const { certainty, confidence } = backfilled;
    return { certainty, confidence, why: `asof stamped it after the fact: ${backfilled.why}` };
  }
  if (chosen.kind === 'stamp') {
    return { certainty: 'stamped', confidence: 1, why: 'asof stamped it, and read it back' };
  }
  const confidence = confidences[chosen.kind] ?? 0.8;
  if (table === undefined) {
    const why = `${chosen.where}; the table can't be looked at, so nothing confirms it`;
    return { certainty: 'recorded', confidence: confidence - 0.3, why };
  }
  if (!isStartKnown) {
    const why = `${chosen.where}; when the run started is not known, so nothing confirms that the version was there by then`;
    return { certainty: 'recorded', confidence: confidence - 0.3, why };
  }
  const { support, remarks = [] } = doubt ?? {};
  const there = `${chosen.where}; the version was there when the run started`;
  const why = [there, ...(support === undefined ? [] : [support]), ...remarks].join('; ');
  const surely = remarks.length > 0 ? Math.min(confidence, 0.5) : confidence;
  return { certainty: 'recorded', confidence: surely, why };
}

const confidences: Partial<Record<Evidence['kind'], number>> = {
  'dataset-input': 0.9,
  'spark-datasource': 0.7,
  'model-metadata': 0.7,
};

function certaintyOfInferred(
  { version, confidence, why }: Inferred,
  conflicts: readonly string[],
): Pick<Link, 'certainty' | 'confidence' | 'why'> {
  if (conflicts.length > 0) {
    return { certainty: 'conflicting', confidence: 0, why: [why, ...conflicts].join('; ') };
  }
  if (version === undefined) return { certainty: 'unknown', confidence, why };
  return { certainty: 'inferred', confidence: Math.round(confidence * 100) / 100, why };
}

/** What a reader of the version alone would not see. */
function doubts(
  { table, version, certainty, confidence, why, evidence }: Link,
  doubt: Doubt | undefined,
): readonly Warning[] {
  if (certainty === 'inferred') {
    const message = `${table.ref}: no version is recorded. v${version} is inferred, with confidence ${confidence}: ${why}.`;
    return [{ code: 'VERSION_INFERRED', message }];
  }
  const warnings: Warning[] = [];
  if (certainty === 'conflicting') {
    const message = `${table.ref}: the records disagree, or can't be true: ${why}.`;
    warnings.push({ code: 'RECORDS_CONFLICT', message });
  }
  if (evidence.every(({ kind }) => kind === 'spark-datasource')) {
    const message = `${table.ref}: MLflow's Spark autologging also notes on a run what was read before it, outside of any run; the table may be one of those.`;
    warnings.push({ code: 'READS_MAY_BE_OTHERS', message });
  }
  for (const remark of doubt?.remarks ?? []) {
    warnings.push({ code: 'VERSION_DOUBTFUL', message: `${table.ref}: ${remark}.` });
  }
  return warnings;
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
