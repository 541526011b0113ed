import type { PinResult } from '../../src/index.ts';
import type { CliContext } from '../context.ts';
import { age, integer, table, time } from './text.ts';

export function pinText({ tables }: PinResult, { now }: CliContext): string {
  return table(
    ['ALIAS', 'TABLE', 'VERSION', 'COMMITTED', 'AGE', 'ROWS', 'TABLE ID'],
    tables.map(({ alias, ref, version, committedAt, rows, tableId }) => [
      alias,
      ref,
      `v${version}`,
      committedAt === null ? '?' : time(committedAt),
      committedAt === null ? '?' : age(committedAt, now()),
      rows === null ? '?' : integer(rows),
      tableId,
    ]),
    { right: ['ROWS'] },
  );
}
