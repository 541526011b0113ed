import { LineageError } from '../base/errors.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import { deltaRsFileRetention } from '../delta/retention.ts';
import { type FileSpan, metadataAt, spansAt, type Timeline } from '../delta/table-timeline.ts';
import { type VacuumEngine, type VacuumSubject, vacuumed } from '../delta/vacuum.ts';
import type { ModelVersion } from '../registry/model.ts';
import { fatesOf, retentionOf } from './forecast.ts';
import { soundHold } from './held.ts';
import { versionReadability } from './readability.ts';
import type { GuardResult } from './result/guard.ts';
import { isProtected } from './status.ts';
import { tableStates } from './table-states.ts';
import type { TraceOptions, TraceSources } from './trace-sources.ts';
import { isOfTable, type TrainedOn, trainedOn } from './trained-on.ts';

export interface GuardOptions extends TraceOptions {
  readonly engine: VacuumEngine;
  /** What is given to VACUUM; absent: the table's own retention. */
  readonly retainMs?: number | undefined;
  /** Stages, and aliases with an @ before, that must not break; absent: see `isProtected`. */
  readonly protect?: readonly string[] | undefined;
  /** How long from now the retention property should keep what models need: milliseconds. */
  readonly keepForMs?: number;
}

const dayMs = 86_400_000;

/**
 * What a VACUUM of a table would delete now, and which models' data would go with it. Nothing is deleted.
 *
 * @throws LineageError GUARD_UNSUPPORTED where the engine of the table does not show its files; RETENTION_UNCLEAR; what reading the log throws
 */
export async function guard(
  table: DeltaTable,
  sources: TraceSources,
  options: GuardOptions,
): Promise<GuardResult> {
  const { timelines } = table;
  if (timelines === undefined) throw new LineageError('GUARD_UNSUPPORTED', { table: table.name });
  const { engine, now, retainMs, keepForMs = 30 * dayMs } = options;
  const call = options.signal && { signal: options.signal };
  const uses = await trainedOn(table, sources, options);
  const timeline = await timelines.read(
    uses.map(({ version }) => version),
    call,
  );
  const mine = uses.filter((use) => isOfTable(use, timeline));
  const [entries, tombstones] = await Promise.all([
    timelines.entries(call),
    timelines.tombstones(call),
  ]);
  const sparkRetentionMs = retentionOf(timeline);
  const {
    properties = {},
    partitionColumns = [],
    tableId = '',
  } = metadataAt(timeline, timeline.latestVersion) ?? {};
  if (sparkRetentionMs === undefined) {
    const value = properties['delta.deletedFileRetentionDuration'] ?? '';
    throw new LineageError('RETENTION_UNCLEAR', { table: table.name, value });
  }
  const tableRetentionMs = engine.startsWith('delta-rs')
    ? deltaRsFileRetention(properties)
    : sparkRetentionMs;
  const insideOf = (location: string) => relativeTo(table.location, location);
  const latest = placesAt(timeline, [timeline.latestVersion], insideOf);
  const subject: VacuumSubject = {
    entries,
    live: latest.files,
    liveVectors: latest.vectors,
    tombstones,
    partitionColumns,
    properties,
    tableRetentionMs,
  };
  const vacuum = { engine, now, ...(retainMs !== undefined && { retainMs }) };
  const deleted = vacuumed(subject, vacuum);
  const gone = new Set(deleted.map(({ path }) => path));

  const stored = new Map(
    entries.map(({ path, sizeBytes, modifiedAt }) => [
      `${table.location}/${path}`,
      { sizeBytes, modifiedAt },
    ]),
  );
  const elsewhere = timeline.spans.filter(({ isForeign }) => isForeign);
  const foreign = await timelines.stored(
    elsewhere.flatMap(({ location, vector }) => [location, vector?.location]).filter(isPlace),
    call,
  );
  for (const [location, file] of foreign) stored.set(location, file);
  const fates = fatesOf(timeline, stored);
  const isWhole = (version: number) => {
    const { state } = versionReadability(timeline, stored, fates, version, now);
    return state === 'readable' || state === 'refused';
  };
  const isLost = (span: FileSpan) =>
    [span.location, span.vector?.location].some(
      (location) => location !== undefined && gone.has(insideOf(location) ?? ''),
    );
  const versions = [...new Set(mine.map(({ version }) => version))].sort((a, b) => a - b);
  const whole = versions.filter(isWhole);
  const isGuarded = (model: ModelVersion) =>
    options.protect === undefined ? isProtected(model) : isNamed(model, options.protect);
  const states = tableStates(sources.tables, options);
  const breaks: GuardResult['breaks'] = [];
  for (const version of whole) {
    const spans = spansAt(timeline, version);
    const lost = spans.filter(isLost);
    if (lost.length === 0) continue;
    const id = metadataAt(timeline, version)?.tableId;
    const held = { tableId: id, version, digest: undefined };
    const hold = await soundHold(held, sources.holds ?? [], states);
    const broken = breakOf(version, timeline, spans, lost, mine, isGuarded);
    breaks.push({ ...broken, hold: hold?.path ?? null });
  }

  const needed = placesAt(timeline, whole, insideOf);
  const sizeOf = (paths: Iterable<string>) => {
    const wanted = new Set(paths);
    return deleted.reduce(
      (sum, { path, sizeBytes }) => sum + (wanted.has(path) ? sizeBytes : 0),
      0,
    );
  };
  const broken = new Set(breaks.map(({ version }) => version));
  const keptBytes = sizeOf(
    deleted.filter(({ path }) => needed.files.has(path)).map(({ path }) => path),
  );
  return {
    schemaVersion: 1,
    table: { ref: table.name, id: tableId, location: table.location },
    version: timeline.latestVersion,
    engine,
    at: new Date(now).toISOString(),
    retainHours: (retainMs ?? tableRetentionMs) / 3_600_000,
    tableRetainHours: tableRetentionMs / 3_600_000,
    deletes: {
      files: deleted.filter(({ isFolder }) => !isFolder).length,
      folders: deleted.filter(({ isFolder }) => isFolder).length,
      bytes: deleted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    },
    paths: deleted.map(({ path }) => path),
    breaks,
    lostAlready: versions.filter((version) => !whole.includes(version)),
    keepVersions: { versions: whole, bytes: keptBytes, hasVectors: needed.vectors.size > 0 },
    retention:
      broken.size === 0
        ? null
        : retentionFor(
            timeline,
            [...broken],
            subject,
            { ...vacuum, keepForMs, leastMs: Math.max(sparkRetentionMs, tableRetentionMs) },
            deleted,
          ),
    clones: breaks.map(({ version }) => ({
      version,
      bytes: spansAt(timeline, version).reduce((sum, { file }) => sum + file.sizeBytes, 0),
    })),
    isProtectedBroken: breaks.some(
      ({ models, hold }) => hold === null && models.some((model) => model.isProtected),
    ),
  };
}

function breakOf(
  version: number,
  timeline: Timeline,
  spans: readonly FileSpan[],
  lost: readonly FileSpan[],
  uses: readonly TrainedOn[],
  isGuarded: (model: ModelVersion) => boolean,
): Omit<GuardResult['breaks'][number], 'hold'> {
  const committedAt = timeline.commits.find((commit) => commit.version === version)?.committedAt;
  const rows = lost.reduce<number | null>(
    (sum, span) => (sum === null || span.rows === undefined ? null : sum + span.rows),
    0,
  );
  return {
    version,
    committedAt: committedAt === undefined ? null : new Date(committedAt).toISOString(),
    files: lost.length,
    ofFiles: spans.length,
    rows,
    models: uses
      .filter((use) => use.version === version)
      .map(({ model }) => ({
        name: model.name,
        version: model.version,
        stages: model.stage === undefined ? [] : [model.stage],
        aliases: [...model.aliases],
        runId: model.runId ?? null,
        isProtected: isGuarded(model),
      })),
  };
}

function isNamed({ stage, aliases }: ModelVersion, names: readonly string[]): boolean {
  return names.some((name) =>
    name.startsWith('@')
      ? aliases.includes(name.slice(1))
      : stage?.toLowerCase() === name.toLowerCase(),
  );
}

/** Files and deletion vectors of versions, relative to the table. */
function placesAt(
  timeline: Timeline,
  versions: readonly number[],
  insideOf: (location: string) => string | undefined,
) {
  const files = new Set<string>();
  const vectors = new Set<string>();
  for (const version of versions) {
    for (const { location, vector } of spansAt(timeline, version)) {
      const file = location === undefined ? undefined : insideOf(location);
      if (file !== undefined) files.add(file);
      const ofVector = vector && insideOf(vector.location);
      if (ofVector !== undefined) vectors.add(ofVector);
    }
  }
  return { files, vectors };
}

/** The retention, in whole days, that keeps the files of versions until `keepForMs` from now, and what that costs. */
function retentionFor(
  timeline: Timeline,
  versions: readonly number[],
  subject: VacuumSubject,
  vacuum: {
    engine: VacuumEngine;
    now: number;
    retainMs?: number;
    keepForMs: number;
    /** What the table has now: it is never lowered. */
    leastMs: number;
  },
  deleted: ReturnType<typeof vacuumed>,
): GuardResult['retention'] {
  const oldest = versions
    .flatMap((version) => spansAt(timeline, version))
    .flatMap(({ to, removedAt = 0 }) => (to === undefined ? [] : [removedAt]))
    .reduce((least, removedAt) => Math.min(least, removedAt), Number.POSITIVE_INFINITY);
  const needed = Math.ceil((vacuum.now + vacuum.keepForMs - oldest) / dayMs);
  const days = Math.max(needed, Math.ceil(vacuum.leastMs / dayMs));
  const raised = { ...subject, tableRetentionMs: days * dayMs };
  const { engine, now } = vacuum;
  const remaining = new Set(vacuumed(raised, { engine, now }).map(({ path }) => path));
  const kept = deleted.filter(({ path }) => !remaining.has(path));
  return { days, bytes: kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
}

function relativeTo(root: string, location: string): string | undefined {
  if (!location.startsWith(root) || !/^[\\/]/.test(location.slice(root.length))) return;
  return location.slice(root.length + 1).replaceAll('\\', '/');
}

const isPlace = (location: string | undefined): location is string => location !== undefined;
