import type { DeltaTable } from '../delta/delta-table.ts';
import type { DataFile, Snapshot } from '../delta/snapshot.ts';
import type { CallOptions } from './find-table.ts';
import { statBounds } from './wire-stats.ts';

/**
 * How many rows of a version meet a SQL condition. Where partition values and statistics rule every file out, none is read.
 *
 * @throws LineageError FILTER_INVALID, and what reading a version throws
 */
export async function countMatching(
  table: DeltaTable,
  version: number,
  predicate: string,
  options: CallOptions,
): Promise<number> {
  const snapshot = await table.snapshots.at(version, options);
  const equality = equalityIn(predicate, snapshot);
  if (equality !== undefined && !(await mayHold(snapshot, equality, options))) return 0;
  const [column] = snapshot.schema.fields;
  let count = 0;
  const selection = { where: predicate, ...(column !== undefined && { columns: [column.name] }) };
  for await (const { rowCount } of table.reader.rows(snapshot, { selection, ...options })) {
    count += rowCount;
  }
  return count;
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
