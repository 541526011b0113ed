import { jsonOf } from '../base/json-of.ts';
import type { DataFile } from './snapshot.ts';

/** Rows in a file, deleted ones among them; undefined when the log does not say. Source: Delta protocol, "Per-file Statistics". */
export function numRecords(stats: string | undefined): number | undefined {
  if (stats === undefined) return;
  const parsed = jsonOf(stats);
  if (typeof parsed !== 'object' || parsed === null || !('numRecords' in parsed)) return;
  return Number.isSafeInteger(parsed.numRecords) ? Number(parsed.numRecords) : undefined;
}

/** Rows that can be read from a file; undefined when the log does not say. */
export function liveRows(file: Pick<DataFile, 'stats' | 'deletionVector'>): number | undefined {
  const records = numRecords(file.stats);
  return records === undefined ? undefined : records - (file.deletionVector?.cardinality ?? 0);
}
