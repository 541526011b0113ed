import { isLineageError } from '../base/errors.ts';
import { firstIndex } from '../base/first-index.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import type { DataFile, Snapshot } from '../delta/snapshot.ts';
import { identityLine } from '../delta/snapshot-summary.ts';
import { metadataAt, type Timeline } from '../delta/table-timeline.ts';
import type { CallOptions } from './find-table.ts';
import { statBounds } from './wire-stats.ts';

/** By version, how many rows meet the condition, or why nobody can tell. */
export type Matches = ReadonlyMap<number, number | string>;

/**
 * How many rows of each version meet a SQL condition. A file is read once, however many versions have it, and not at all where its
 * partition values and statistics rule it out.
 *
 * @throws LineageError FILTER_INVALID
 */
export async function countMatching(
  table: DeltaTable,
  versions: readonly number[],
  predicate: string,
  options: CallOptions,
): Promise<Matches> {
  const asked = versions.toSorted((a, b) => a - b);
  const matches = new Map<number, number | string>();
  for (const [timeline, group] of await groupsOf(table, asked, options)) {
    const counts = timeline && (await countTogether(table, timeline, group, predicate, options));
    for (const version of group) {
      matches.set(
        version,
        counts?.get(version) ?? (await count(table, version, predicate, options)),
      );
    }
  }
  return matches;
}

/** The versions with the same metadata, which can be counted together; those of which the log tells less by themselves. */
async function groupsOf(
  table: DeltaTable,
  versions: readonly number[],
  options: CallOptions,
): Promise<readonly (readonly [Timeline | undefined, readonly number[]])[]> {
  const alone = (some: readonly number[]) => some.map((version) => [undefined, [version]] as const);
  if (table.timelines === undefined || table.reader.fileCounts === undefined) {
    return alone(versions);
  }
  let timeline: Timeline;
  try {
    timeline = await table.timelines.read(versions, options);
  } catch (error) {
    if (!isLineageError(error)) throw error;
    return alone(versions);
  }
  const groups = new Map<unknown, number[]>();
  const others: number[] = [];
  for (const version of versions) {
    const metadata = metadataAt(timeline, version);
    if (metadata === undefined || timeline.failures.has(version)) others.push(version);
    else groups.set(metadata, [...(groups.get(metadata) ?? []), version]);
  }
  return [...alone(others), ...[...groups.values()].map((group) => [timeline, group] as const)];
}

/**
 * Reads what files the versions have, those of the last one first, which mostly are most of them.
 *
 * @param versions ascending, of the same metadata
 * @returns undefined where that can't be told of all together: each version has to tell for itself what it lacks
 */
async function countTogether(
  table: DeltaTable,
  { spans }: Timeline,
  versions: readonly number[],
  predicate: string,
  options: CallOptions,
): Promise<ReadonlyMap<number, number> | undefined> {
  const counts = versions.map(() => 0);
  /** By the last of the versions that has them: files, by their lines in the digest, with the first that has each; both as indexes. */
  const files = new Map<number, Map<string, number>>();
  const indexFrom = (version: number) =>
    firstIndex(versions.length, (index) => (versions[index] ?? 0) >= version);
  for (const { line, from, to } of spans) {
    const first = indexFrom(from);
    const last = (to === undefined ? versions.length : indexFrom(to)) - 1;
    if (first > last) continue;
    const known = files.get(last) ?? new Map<string, number>();
    files.set(last, known);
    known.set(line, first);
  }
  // Without files nobody would look at the condition.
  if (files.size === 0) return;
  try {
    for (const [last, firsts] of files) {
      const version = versions[last] ?? 0;
      const { looked, matching } = await countIn(table, version, firsts, predicate, options);
      if (looked !== firsts.size) return;
      for (const [line, count] of matching) {
        for (let at = firsts.get(line) ?? 0; at <= last; at++)
          counts[at] = (counts[at] ?? 0) + count;
      }
    }
  } catch (error) {
    if (!isLineageError(error) || isLineageError(error, 'FILTER_INVALID')) throw error;
    return;
  }
  return new Map(versions.map((version, index) => [version, counts[index] ?? 0]));
}

/** How many of the files the version has, and the rows that meet the condition of those where there are some. */
async function countIn(
  table: DeltaTable,
  version: number,
  wanted: ReadonlyMap<string, unknown>,
  predicate: string,
  options: CallOptions,
): Promise<{ readonly looked: number; readonly matching: ReadonlyMap<string, number> }> {
  const snapshot = await table.snapshots.at(version, options);
  const equality = equalityIn(predicate, snapshot);
  const read: DataFile[] = [];
  let looked = 0;
  for await (const batch of snapshot.files(options)) {
    for (const file of batch) {
      if (!wanted.has(identityLine(file))) continue;
      looked += 1;
      if (equality === undefined || fileMayHold(file, equality)) read.push(file);
    }
  }
  const selection = selectionOf(snapshot, predicate);
  const counts = await table.reader.fileCounts?.(snapshot, read, { selection, ...options });
  const matching = new Map<string, number>();
  for (const [index, file] of read.entries()) {
    const count = counts?.[index] ?? 0;
    if (count > 0) matching.set(identityLine(file), count);
  }
  return { looked, matching };
}

/** One column is enough to count. */
function selectionOf({ schema }: Snapshot, predicate: string) {
  const [column] = schema.fields;
  return { where: predicate, ...(column !== undefined && { columns: [column.name] }) };
}

/** Of one version: the number, or why nobody can tell. */
async function count(
  table: DeltaTable,
  version: number,
  predicate: string,
  options: CallOptions,
): Promise<number | string> {
  try {
    const snapshot = await table.snapshots.at(version, options);
    const equality = equalityIn(predicate, snapshot);
    if (equality !== undefined && !(await mayHold(snapshot, equality, options))) return 0;
    const selection = selectionOf(snapshot, predicate);
    let rows = 0;
    for await (const { rowCount } of table.reader.rows(snapshot, { selection, ...options })) {
      rows += rowCount;
    }
    return rows;
  } catch (error) {
    if (!isLineageError(error) || isLineageError(error, 'FILTER_INVALID')) throw error;
    return error.message;
  }
}

interface Equality {
  /** As the log's statistics and partition values call it. */
  readonly physicalName: string;
  readonly isPartition: boolean;
  readonly value: number | string;
}

/** `column = 7` or `column = 'text'`, which statistics can rule out; anything else is left to reading. */
function equalityIn(predicate: string, snapshot: Snapshot): Equality | undefined {
  const [, name, number, text] =
    /^\s*["`]?(\w+)["`]?\s*==?\s*(?:(-?\d{1,15})|'([^']*)')\s*$/.exec(predicate) ?? [];
  const field = snapshot.schema.fields.find(
    (one) => one.name.toLowerCase() === name?.toLowerCase(),
  );
  // Of a CHAR, the log has values that are not filled up.
  if (field?.type.kind !== 'primitive' || field.type.charLength !== undefined) return;
  const isWhole = ['long', 'integer', 'short', 'byte'].includes(field.type.name);
  const value = number !== undefined && isWhole ? Number(number) : undefined;
  const wanted = value ?? (text !== undefined && field.type.name === 'string' ? text : undefined);
  if (wanted === undefined) return;
  const physical = field.metadata['delta.columnMapping.physicalName'];
  return {
    physicalName: typeof physical === 'string' ? physical : field.name,
    isPartition: snapshot.partitionColumns.includes(field.name),
    value: wanted,
  };
}

async function mayHold(
  snapshot: Snapshot,
  equality: Equality,
  options: CallOptions,
): Promise<boolean> {
  for await (const batch of snapshot.files(options)) {
    if (batch.some((file) => fileMayHold(file, equality))) return true;
  }
  return false;
}

function fileMayHold(
  { partitionValues, stats }: DataFile,
  { physicalName, isPartition, value }: Equality,
): boolean {
  if (isPartition) {
    const own = partitionValues[physicalName];
    if (own === undefined) return true;
    if (own === null) return false;
    if (typeof value === 'string') return own === value;
    // What is spelt otherwise is left to reading.
    return Number(own) === value || !/^-?\d+$/.test(own);
  }
  const { min, max } = statBounds(stats, physicalName);
  // Only bounds of the value's own kind say anything; texts are compared as UTF-8, which JavaScript does not do.
  if (typeof value !== 'number' || typeof min !== 'number' || typeof max !== 'number') return true;
  return min <= value && value <= max;
}
