import { expect, test } from 'vitest';
import { fakeTable, threeVersions } from '../../test/support/fake-tables.ts';
import { copyTable, tableNames } from '../../test/support/tables.ts';
import { isLineageError, LineageError } from '../base/errors.ts';
import { connectTables } from '../connect-tables.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import { openTable } from './find-table.ts';
import { tableStates } from './table-states.ts';
import { contentsOf } from './version-contents.ts';

const connected = () => connectTables({ tables: {} }, { cwd: process.cwd() });

test('the latest version at a moment is what the history resolves it to, for all tables', async () => {
  const tables = connected();
  let moments = 0;
  for (const name of tableNames) {
    const { table } = openTable(await copyTable(name), tables);
    if (table === undefined) throw new Error(`${name} is a table`);
    const states = tableStates(tables, { now: Date.now() });
    const times: number[] = [];
    for await (const { timestamp } of table.history.commits()) times.push(timestamp);
    for (const instant of new Set(times.flatMap((time) => [time - 1, time, time + 1]))) {
      const resolved = await versionAt(table, instant);
      // What can't be rebuilt any more was the latest all the same.
      if (resolved === undefined && instant >= Math.min(...times)) continue;
      expect(await states.latestAt(table, instant), `${name} at ${instant}`).toBe(resolved);
      moments += 1;
    }
  }
  expect(moments).toBeGreaterThan(400);
});

test('the versions from before announced moments are read together, and further ones once more', async () => {
  const { table } = openTable(await copyTable('customer_features'), connected());
  if (table?.timelines === undefined) throw new Error('the table has a log');
  const { timelines } = table;
  const readings: number[][] = [];
  const counted: DeltaTable = {
    ...table,
    timelines: {
      ...timelines,
      read(versions, options) {
        readings.push([...versions].sort((a, b) => a - b));
        return timelines.read(versions, options);
      },
    },
  };
  const states = tableStates({ open: () => counted }, { now: Date.now() });
  const times: number[] = [];
  for await (const { timestamp } of table.history.commits()) times.unshift(timestamp);
  const [, second = 0, third = 0] = times;
  states.expectBefore(['t'], third - 1);
  states.expectBefore(['t'], second);
  expect(await states.latestAt(counted, second)).toBe(1);
  expect(await states.contents(counted, [0, 1])).toEqual(
    await contentsOf(table, [0, 1], false, {}),
  );
  expect(readings).toEqual([[], [0, 1]]);
  states.expectBefore(['t'], third);
  expect((await states.contents(counted, [2, 1, 0])).size).toBe(3);
  expect((await states.contents(counted, [3, 99])).has(99)).toBe(false);
  expect(readings.slice(2)).toEqual([
    [0, 1, 2],
    [0, 1, 2, 3, 99],
  ]);
});

async function versionAt(
  { history }: Pick<DeltaTable, 'history'>,
  instant: number,
): Promise<number | undefined> {
  try {
    return (await history.resolve({ kind: 'instant', instant })).version;
  } catch (error) {
    // Moments after the last commit are later than all commits: see `resolve`.
    if (isLineageError(error)) return;
    throw error;
  }
}

test('a version has the id that it had, also where no log is shown', async () => {
  const [first = {}, ...others] = threeVersions;
  const table = fakeTable({ versions: [{ ...first, id: 'old' }, ...others] });
  const states = tableStates({ open: () => table }, { now: Date.now() });
  expect(await states.find(['s.t'], 'old', 0)).toMatchObject({ isSame: true });
  expect(await states.find(['s.t'], 'old', 1)).toMatchObject({ isSame: false });
  expect(await states.find(['s.t'], 'old', 9)).toMatchObject({ isSame: false });
  const failure = new LineageError('WAREHOUSE_UNREACHABLE', { host: 'w', problem: 'cut' });
  const at = async (version: number) => {
    if (version === 0) throw failure;
    return await table.facts.at(version);
  };
  const cut = tableStates({ open: () => ({ ...table, facts: { at } }) }, { now: Date.now() });
  expect(await cut.find(['s.t'], 'old', 0)).toEqual({ failure });
});
