import { expect, test } from 'vitest';
import { copyTable, tableNames } from '../../test/support/tables.ts';
import { isLineageError } from '../base/errors.ts';
import { connectTables } from '../connect-tables.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import { openTable } from './find-table.ts';
import { tableStates } from './table-states.ts';

test('the latest version at a moment is what the history resolves it to, for all tables', async () => {
  const tables = connectTables({ tables: {} }, { cwd: process.cwd() });
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
