import { expect, test, vi } from 'vitest';
import { aFile, aSnapshot } from '../../test/support/builders.ts';
import { fakeTable } from '../../test/support/fake-tables.ts';
import type { Moment } from '../delta/table-ref.ts';
import { describeTable } from './describe-table.ts';

const latest: Moment = { kind: 'latest' };
const first: Moment = { kind: 'version', version: 0 };

test.each([
  { moment: latest, version: 2, isLatest: true },
  { moment: first, version: 0, isLatest: false },
])('of $moment the history is asked once', async ({ moment, version, isLatest }) => {
  const table = fakeTable();
  const resolve = vi.spyOn(table.history, 'resolve');
  expect(await describeTable(table, moment, { withFiles: false })).toMatchObject({
    version,
    isLatest,
  });
  expect(resolve).toHaveBeenCalledExactlyOnceWith(moment, undefined);
});

test('a file whose time is no date is named', async () => {
  const table = fakeTable();
  const files = [aFile({ path: 'far.parquet', modifiedAt: 9e15 })];
  vi.spyOn(table.snapshots, 'at').mockResolvedValue(aSnapshot({ files }));
  vi.spyOn(table.facts, 'at').mockResolvedValue(aSnapshot({ files }));
  await expect(describeTable(table, latest, { withFiles: true })).rejects.toMatchObject({
    code: 'LOG_DAMAGED',
    details: { problem: expect.stringContaining('far.parquet') },
  });
});
