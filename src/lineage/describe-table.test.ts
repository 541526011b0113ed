import { expect, test, vi } from 'vitest';
import { fakeTable } from '../../test/support/fake-tables.ts';
import type { Moment } from '../delta/table-ref.ts';
import { describeTable } from './describe-table.ts';

const latest: Moment = { kind: 'latest' };
const first: Moment = { kind: 'version', version: 0 };
const last: Moment = { kind: 'version', version: 2 };

test.each([
  { moment: latest, version: 2, isLatest: true, asked: [latest] },
  { moment: last, version: 2, isLatest: true, asked: [last, latest] },
  { moment: first, version: 0, isLatest: false, asked: [first, latest] },
])('of $moment the history is asked $asked', async ({ moment, version, isLatest, asked }) => {
  const table = fakeTable();
  const resolve = vi.spyOn(table.history, 'resolve');
  expect(await describeTable(table, moment, { withFiles: false })).toMatchObject({
    version,
    isLatest,
  });
  expect(resolve.mock.calls.map(([given]) => given)).toEqual(asked);
});
