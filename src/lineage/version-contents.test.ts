import { expect, test } from 'vitest';
import { copyTable, tableCase, tableNames } from '../../test/support/tables.ts';
import { connectTables } from '../connect-tables.ts';
import { openTable } from './find-table.ts';
import { contentsFrom, contentsOf, mostVersions, versionsBefore } from './version-contents.ts';

test('one reading of the log tells of every version what its snapshot does, for all tables', async () => {
  const tables = connectTables({ tables: {} }, { cwd: process.cwd() });
  let compared = 0;
  for (const name of tableNames) {
    const { table } = openTable(await copyTable(name), tables);
    if (table?.timelines === undefined) throw new Error(`${name} has a log`);
    const versions = tableCase(name).versions.map(({ version }) => version);
    const timeline = await table.timelines.read(versions);
    const fromLog = await contentsFrom(timeline, versions, true);
    expect(fromLog, name).toEqual(await contentsOf(table, versions, true, {}));
    compared += fromLog.size;
  }
  expect(compared).toBeGreaterThan(200);
});

test('the versions before moments are the newest that were there at each', () => {
  const commits = Array.from({ length: 200 }, (_, version) => ({
    version,
    committedAt: version * 10,
  }));
  const numbers = (first: number, last: number) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index);
  expect(versionsBefore(commits, [])).toEqual([]);
  expect(versionsBefore(commits, [-1])).toEqual([]);
  expect(versionsBefore(commits, [25])).toEqual([0, 1, 2]);
  expect(versionsBefore(commits, [1000])).toEqual(numbers(101 - mostVersions, 100));
  expect(versionsBefore(commits, [20, 40]).toSorted((a, b) => a - b)).toEqual(numbers(0, 4));
});
