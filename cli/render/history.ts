import type { HistoryLine } from '../../src/index.ts';
import { age, table, time } from './text.ts';

export function historyTable(lines: readonly HistoryLine[], now: number): string {
  const rows = lines.map((line) => [
    String(line.version),
    time(line.timestamp),
    age(line.timestamp, now),
    line.operation ?? '?',
    rowChanges(line.operationMetrics ?? {}),
    line.userName ?? line.engineInfo ?? '',
    line.userMetadata ?? '',
  ]);
  const headings = ['VERSION', 'COMMITTED', 'AGE', 'OPERATION', 'ROWS', 'BY', 'NOTE'];
  const isUsed = headings.map((_, column) => rows.some((row) => row[column] !== ''));
  const keep = (cells: readonly string[]) =>
    cells.filter((_, column) => isUsed[column] || column < 4);
  return table(keep(headings), rows.map(keep), { right: ['VERSION', 'ROWS'] });
}

/** `+120 ~30 -4`: rows added, changed, removed, where the writer counted them. */
function rowChanges(metrics: Readonly<Record<string, string>>): string {
  const first = (...names: readonly string[]) =>
    names.map((name) => metrics[name]).find((count) => count !== undefined && count !== '0');
  const isMerge = metrics['numTargetRowsInserted'] !== undefined;
  const isRewrite =
    metrics['numUpdatedRows'] !== undefined || metrics['numDeletedRows'] !== undefined;
  const added = isMerge
    ? first('numTargetRowsInserted')
    : isRewrite
      ? undefined
      : first('numOutputRows');
  const parts = [
    ['+', added],
    ['~', first('numTargetRowsUpdated', 'numUpdatedRows')],
    ['-', first('numTargetRowsDeleted', 'numDeletedRows')],
  ] as const;
  return parts.flatMap(([sign, count]) => (count === undefined ? [] : [sign + count])).join(' ');
}
