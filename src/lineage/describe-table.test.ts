import { expect, test } from 'vitest';
import { fakeTable } from '../../test/support/fake-tables.ts';
import type { Moment } from '../delta/table-ref.ts';
import { describeTable } from './describe-table.ts';

const latest: Moment = { kind: 'latest' };
const version = (number: number): Moment => ({ kind: 'version', version: number });

test.each([
  { moment: latest, isLatest: true, asked: [latest], why: 'the history is gone through once' },
  { moment: version(2), isLatest: true, asked: [version(2), latest], why: 'it may be an old one' },
  { moment: version(0), isLatest: false, asked: [version(0), latest], why: 'version 0 is one' },
])('$moment of three versions: $why', async ({ moment, isLatest, asked }) => {
  const table = fakeTable();
  const moments: Moment[] = [];
  const history: typeof table.history = {
    ...table.history,
    resolve: (...given) => {
      moments.push(given[0]);
      return table.history.resolve(...given);
    },
  };
  const shown = await describeTable({ ...table, history }, moment, { withFiles: false });
  expect(shown).toMatchObject({
    version: moment.kind === 'version' ? moment.version : 2,
    isLatest,
  });
  expect(moments).toEqual(asked);
});
